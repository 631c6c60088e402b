"""How the learned stage of callqual is made: from folders of recordings with truth to ``detect/models/hidden.npz``.

``rows`` reads what the stage will see of them, ``net`` is its form in PyTorch, ``fit`` trains and writes it, ``judge`` tells what it
finds at every threshold.
"""
