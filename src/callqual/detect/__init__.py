"""Facts in, events out: candidates get evidence as log-likelihood ratios, one place adds them and decides."""
