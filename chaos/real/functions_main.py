"""What the emulators load in the place of triggers/main.py. It is copied there: see `bundle`."""

from chaos.real.functions import bring_faults, deliver_badly

bring_faults()

from triggers import created  # noqa: E402 - with the faults in place
from triggers.main import *  # noqa: E402, F403 - the functions, which firebase-tools looks for here

vars(created).update({woken: deliver_badly(vars(created)[woken]) for woken in ("dispatch", "carry_out")})
