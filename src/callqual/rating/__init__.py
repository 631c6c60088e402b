"""From events to a rating: impairment on the R scale of ITU-T G.107, MOS with its interval, family scores, profile."""
