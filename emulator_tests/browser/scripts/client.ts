// Puts the client where a test can call it.

import * as client from 'safelight';

import { auth } from './app';

Object.assign(window, { auth, client, safelight: new client.Safelight(auth) });
