"""Values that no frame shows.

Error reporters record the local variables of every frame of a traceback. What is secret is therefore in no variable
while something can fail: it is taken out of its wrapping in the very expression that uses it.
"""

from relyingparty._relyingparty import Withheld

__all__ = ["Withheld"]
