package com.onebackend.registry.node.catalog;

import java.time.Duration;

/**
 * The waits of the {@link Autopilot}, so that a node that flaps moves no votes.
 *
 * @param redundancyStable how long a node must have been reachable to become one of the first three voters: a new
 *     cluster must survive a loss within seconds
 * @param growthStable the same, for every later voter and for a substitute
 * @param dead a voter that is unreachable, and silent in Raft, for so long is replaced
 * @param surplusStable how long there must be too many voters before one of them is taken out
 * @param changeInterval the shortest time between two changes that take a vote away
 * @param termAge how long a leader leads before it takes votes away: it must have seen who answers
 * @param silence a voter not heard of in Raft for so long does not count towards a majority
 * @param lagEntriesMax a node further behind the log does not become a voter
 */
public record AutopilotConfig(
        Duration redundancyStable,
        Duration growthStable,
        Duration dead,
        Duration surplusStable,
        Duration changeInterval,
        Duration termAge,
        Duration silence,
        long lagEntriesMax) {
    /** For production. */
    public static final AutopilotConfig DEFAULT = new AutopilotConfig(
            Duration.ofSeconds(2),
            Duration.ofSeconds(10),
            Duration.ofSeconds(60),
            Duration.ofSeconds(30),
            Duration.ofSeconds(60),
            Duration.ofSeconds(30),
            Duration.ofSeconds(5),
            250);
}
