package com.onebackend.registry.simulation;

/** An invariant did not hold. The message reproduces the run and shows its last events. */
public final class SimulationFailure extends AssertionError {
    private static final long serialVersionUID = 1L;

    SimulationFailure(final String message, final Throwable cause) {
        super(message, cause);
    }
}
