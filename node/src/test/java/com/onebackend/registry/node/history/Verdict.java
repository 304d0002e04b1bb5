package com.onebackend.registry.node.history;

/**
 * Whether a register that does one thing at a time could have answered so.
 *
 * @param key the register that could not have; empty when LINEARIZABLE
 * @param text for a person: what does not fit; empty when LINEARIZABLE
 */
public record Verdict(Kind kind, String key, String text) {
    /** What came of it. */
    public enum Kind {
        LINEARIZABLE,
        NOT_LINEARIZABLE,
        /** Nobody knows: the search was given up at its limits. */
        UNDECIDED
    }

    static final Verdict LINEARIZABLE = new Verdict(Kind.LINEARIZABLE, "", "");

    public boolean isLinearizable() {
        return kind == Kind.LINEARIZABLE;
    }
}
