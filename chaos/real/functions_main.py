"""What the emulators load in the place of triggers/main.py. It is copied there: see `bundle`."""

from chaos.real.functions import bring_faults, deliver_badly

bring_faults()

from triggers import main  # noqa: E402 - with the faults in place
from triggers.main import *  # noqa: E402, F403 - the functions, which firebase-tools looks for here

vars(main).update({woken: deliver_badly(vars(main)[woken]) for woken in ("dispatch", "carry_out")})
