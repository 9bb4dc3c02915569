"""Plans: the limits that templates, a site and clinicians set beside the rulebook."""
