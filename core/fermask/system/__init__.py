"""Files, tables, workers, paths and the Hub: what everything else stands on."""
