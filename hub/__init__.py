"""How clients reach us, and how the parts are joined."""

import gc

# Hardly anything of ours is in a cycle, and most of it lives as long as its process: to look for
# garbage as often as Python does by itself took a fifth of each start, and later, with thousands of
# connections, a third of the processor.
gc.set_threshold(50_000, 50, 50)
