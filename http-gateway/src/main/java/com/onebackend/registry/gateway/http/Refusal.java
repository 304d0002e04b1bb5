package com.onebackend.registry.gateway.http;

/** The door refuses a request before or instead of a handler; carries no stack trace. */
final class Refusal extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private final int status;
    private final boolean close;

    private Refusal(final int status, final boolean close, final String message) {
        super(message, null, false, false);
        this.status = status;
        this.close = close;
    }

    /** Refuses this request; the connection stays usable. */
    static Refusal of(final int status, final String message) {
        return new Refusal(status, false, message);
    }

    /**
     * Refuses this request at once and gives the connection up: what follows on it cannot be trusted or is not
     * wanted.
     */
    static Refusal closing(final int status, final String message) {
        return new Refusal(status, true, message);
    }

    Answer answer() {
        return Answer.error(status, getMessage());
    }

    boolean closes() {
        return close;
    }
}
