"""Everything between a recording and the legs' samples: decode, legs, path profile. The only place that opens files."""
