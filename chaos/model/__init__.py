"""One job, and everybody who may reach for it, in every order there is.

The handlers are the real ones. A handler is run until it asks a port for something; what it is told then is a
move of the model, and the next time it is run from the start with all that it was told before (`replay`). So
an actor is the list of its answers, a state is a tuple, and all states can be walked through (`exploration`).
"""
