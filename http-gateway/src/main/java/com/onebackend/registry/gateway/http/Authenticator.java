package com.onebackend.registry.gateway.http;

import com.onebackend.registry.api.Caller;

/** Proves who asks from the Authorization header. */
public interface Authenticator {
    /**
     * Who stands behind this header. Called on an event loop.
     *
     * @throws com.onebackend.registry.api.RegistryException UNAUTHENTICATED for a bad header; UNAVAILABLE when
     * this node
     *     cannot tell yet
     */
    Identity authenticate(String authorization);

    /** A proven caller. */
    interface Identity {
        Caller caller();

        /** False once the proof has run out or was taken back; then the header must be shown again. */
        boolean isValid();
    }
}
