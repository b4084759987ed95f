"""The faults that are played with the real firmware in the loop: one of each kind that somebody
must catch, and those that take a protection away. `make analog` plays them with a model of it.
"""

# (part and fault, moment)
CHOSEN = (
    ("M_la short drain to source", "rest"),
    ("M_lb short drain to source", "phase A"),
    ("M_oa short drain to source", "rest"),
    ("M_ob short drain to source", "gap"),
    ("M_sa short drain to source", "rest"),
    ("M_sb short drain to source", "phase A"),
    ("X_set stuck high", "phase A"),
    ("X_ia stuck high", "rest"),
    ("X_ib stuck high", "rest"),
    ("X_mb stuck high", "rest"),
    ("R_set short", "rest"),
    ("R_f3 open", "rest"),
    ("R_f2 short", "rest"),
    ("R_2a short", "phase A"),
    ("Q_s short collector to emitter", "rest"),
    ("R_set half", "always"),
    ("R_set double", "always"),
    ("R_1a double", "always"),
    ("R_2b double", "always"),
    ("M_la gate open", "rest"),
    ("M_la short drain to gate", "rest"),
    ("M_lb short gate to source", "rest"),
    ("M_sw short drain to source", "rest"),
    ("D_la open", "rest"),
    ("D_lb short", "rest"),
    ("C_sa short", "rest"),
    ("C_sb open", "rest"),
    ("C_gla short", "rest"),
    ("C_hv short", "rest"),
    ("X_mux stuck at leg A", "rest"),
    ("X_iso stuck at 0", "rest"),
    ("X_iso stuck at full scale", "rest"),
    ("X_fly not regulated", "always"),
    ("X_dc output open", "rest"),
    ("X_ref 10 % high", "always"),
    ("X_oca output open", "rest"),
    ("X_sc stuck low", "rest"),
    ("R_sna open", "rest"),
    ("R_snb short", "rest"),
    ("supplies 3.3 V +10 %", "always"),
)

# (part and fault, moment, mA, load): unsafe, and why nothing acts sooner
LIMITS = {
    ("D_lb short", "rest", 10, "1 kΩ and dry skin"): "17 % above the cap for 15 µs a pulse: less "
    "than a sample allows below 14 mA; the mean of half a second sees it"
}
