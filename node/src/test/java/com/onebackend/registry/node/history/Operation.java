package com.onebackend.registry.node.history;

/**
 * What one client asked of one register, and what it was told. Values are unique: each is written by one operation
 * only.
 *
 * @param client who asked; a client asks one thing at a time, and is another one after an unknown outcome
 * @param value WRITE, COMPARE_AND_SET: what is written, empty for a deletion that compares; empty otherwise
 * @param expected COMPARE_AND_SET: the value that must be there, empty for none
 * @param observed READ: what was there, empty for nothing
 * @param calledNanos before anything was sent
 * @param returnedNanos after the answer was there; {@link #NEVER} when the outcome is unknown
 */
public record Operation(
        int client,
        String key,
        Kind kind,
        String value,
        String expected,
        Outcome outcome,
        String observed,
        long calledNanos,
        long returnedNanos) {
    /** The register holds nothing. */
    public static final String ABSENT = "";

    /** Whoever does not know how it ended may learn at any time that it happened just now. */
    public static final long NEVER = Long.MAX_VALUE;

    /** What was asked. */
    public enum Kind {
        READ,
        WRITE,
        COMPARE_AND_SET,
        DELETE
    }

    /** What was told. */
    public enum Outcome {
        /** It happened. */
        OK,
        /** COMPARE_AND_SET: something else was there. DELETE: nothing was. It happened, and changed nothing. */
        CONFLICT,
        /** It did not happen: says nothing about the register. */
        REFUSED,
        /** It may have happened, or still happen, or never. */
        UNKNOWN
    }

    public Operation {
        if ((returnedNanos == NEVER) != (outcome == Outcome.UNKNOWN) || returnedNanos < calledNanos) {
            throw new IllegalArgumentException(
                    outcome + " at " + returnedNanos + " of what was called at " + calledNanos);
        }
        if (kind == Kind.WRITE && value.equals(ABSENT)) {
            throw new IllegalArgumentException("writing nothing is a deletion");
        }
    }

    public static Operation read(
            final int client, final String key, final String observed, final long called, final long returned) {
        return new Operation(client, key, Kind.READ, "", "", Outcome.OK, observed, called, returned);
    }

    public static Operation write(
            final int client, final String key, final String value, final long called, final long returned) {
        return new Operation(client, key, Kind.WRITE, value, "", told(returned), "", called, returned);
    }

    public static Operation compareAndSet(
            final int client,
            final String key,
            final String expected,
            final String value,
            final long called,
            final long returned) {
        return new Operation(client, key, Kind.COMPARE_AND_SET, value, expected, told(returned), "", called, returned);
    }

    public static Operation delete(final int client, final String key, final long called, final long returned) {
        return new Operation(client, key, Kind.DELETE, "", "", told(returned), "", called, returned);
    }

    private static Outcome told(final long returned) {
        return returned == NEVER ? Outcome.UNKNOWN : Outcome.OK;
    }

    /** The same question with another answer. */
    public Operation answered(final Outcome newOutcome, final String newObserved, final long newReturnedNanos) {
        return new Operation(
                client, key, kind, value, expected, newOutcome, newObserved, calledNanos, newReturnedNanos);
    }

    /** True when it says something about the register. */
    boolean matters() {
        return outcome != Outcome.REFUSED && !(kind == Kind.READ && outcome == Outcome.UNKNOWN);
    }

    /** True when leaving it out leaves everything else as it was. */
    boolean isPassive() {
        return kind == Kind.READ || outcome == Outcome.CONFLICT;
    }

    /** For a person. */
    String text() {
        final String asked = switch (kind) {
            case READ -> "read";
            case WRITE -> "write " + value;
            case COMPARE_AND_SET -> "set " + shown(expected) + " -> " + shown(value);
            case DELETE -> "delete";
        };
        final String told = switch (outcome) {
            case OK -> kind == Kind.READ ? "saw " + shown(observed) : "ok";
            case CONFLICT -> kind == Kind.DELETE ? "nothing to delete" : "conflict";
            case REFUSED -> "refused";
            case UNKNOWN -> "unknown";
        };
        return asked + ": " + told;
    }

    static String shown(final String value) {
        return value.equals(ABSENT) ? "nothing" : value;
    }
}
