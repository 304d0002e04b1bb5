package com.onebackend.registry.membership;

import com.onebackend.registry.model.Endpoint;
import com.onebackend.registry.model.Member;
import com.onebackend.registry.model.MemberId;

/** Where {@link Membership} puts what it wants done. Implementations only record; nothing re-enters the membership. */
public interface SwimOutput {
    /** Send {@code message} to {@code to}. */
    void send(Endpoint to, Lane lane, SwimMessage message);

    /** As {@link #send(Endpoint, Lane, SwimMessage)}, to a member that is known. */
    default void send(final MemberId target, final Endpoint to, final Lane lane, final SwimMessage message) {
        send(to, lane, message);
    }

    /**
     * A member appeared or changed.
     *
     * @param before what was believed; null when it was unknown
     */
    void changed(Member before, Member after);

    /**
     * This process does not have its node id any more. Either it came second: another one, of another data folder,
     * lives and keeps it. Or {@code incumbent} was started later with this very data folder, or a copy of it, and all
     * others believe that one; it may have ended since. Said once; from now on the membership is silent, and the
     * process should end.
     */
    void refused(Member incumbent);
}
