"""df_websockets 1.2.6 under the same load and faults, as far as its protocol goes."""
