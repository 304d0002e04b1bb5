package com.onebackend.registry.model;

/** What is believed of a member. The order is the precedence inside one incarnation: a later one wins. */
public enum MemberState {
    ALIVE,
    SUSPECT,
    DEAD,
    /** Said good-bye itself. */
    LEFT,
    /** Removed by the catalog: final for this and every lower generation. */
    REMOVED;

    /** True while the member is still worth sending to: alive, or only suspected. */
    public boolean isReachable() {
        return this == ALIVE || this == SUSPECT;
    }
}
