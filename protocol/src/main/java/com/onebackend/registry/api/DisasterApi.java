package com.onebackend.registry.api;

/**
 * What an administrator may ask of a node before and after a disaster.
 *
 * <p><i>Thread:</i> any; nothing blocks, every answer comes by its {@link Reply}. The door has checked that the caller
 * is an administrator.
 */
public interface DisasterApi {
    /**
     * Copies catalog and instances as they are now. Also without a majority: the answer says how old it is. Refusals:
     * OVERLOADED (another one is being made), UNAVAILABLE (not started, or no room on the disk).
     */
    void backup(Reply<Backup> reply);

    /**
     * One step of a restore into a new cluster. Refusals: CONFLICT (there is something already, or another restore is
     * under way), INVALID (not a backup's records), UNAVAILABLE, INDETERMINATE (repeat it).
     */
    void restore(Caller caller, RestoreStep step, Reply<RestoreResult> reply);

    /**
     * Goes on from this node's catalog without the majority that is lost. Refusals: INVALID, CONFLICT (it is not
     * needed, or would lose more than it must; the text says what to do instead), UNAVAILABLE.
     */
    void recover(Caller caller, RecoverRequest request, Reply<Recovered> reply);
}
