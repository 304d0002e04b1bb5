package com.onebackend.registry.node.catalog;

import com.onebackend.registry.api.ErrorCode;
import com.onebackend.registry.api.RegistryError;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

/**
 * Whether this node may go on without the majority: a pure function of what is known. It refuses whatever could lose
 * more than must be lost, or make two clusters of one.
 */
final class RecoveryDecision {
    private RecoveryDecision() {}

    /**
     * What is known.
     *
     * @param self this node
     * @param lost the voters that will not come back, as the operator says
     * @param voters as this node knows them; empty when nobody has told it since its start
     * @param nodes every node the catalog knows
     * @param alive the nodes that answer now, as gossip believes
     * @param hasMajority a majority of the voters answers
     * @param here where this node's catalog stands
     * @param others where the catalogs of the others stand that answered
     * @param recovering those of them that are about to recover the catalog themselves
     * @param mayLose the operator accepts that acknowledged writes are lost
     * @param insistsHere also when another's catalog is newer
     */
    record Facts(
            String self,
            Collection<String> lost,
            Collection<String> voters,
            Collection<String> nodes,
            Set<String> alive,
            boolean hasMajority,
            Position here,
            Map<String, Position> others,
            Collection<String> recovering,
            boolean mayLose,
            boolean insistsHere) {}

    /** Where a catalog stands: the later epoch is ahead, then the higher index. */
    record Position(CatalogEpoch epoch, long index) {
        boolean isAheadOf(final Position other) {
            return epoch.equals(other.epoch) ? index > other.index : epoch.isAheadOf(other.epoch);
        }
    }

    /** Why not; null = it may be done. */
    static RegistryError refusal(final Facts facts) {
        if (!facts.mayLose()) {
            return invalid("a recovery without the majority may lose acknowledged writes; say that you accept it");
        }
        if (facts.lost().contains(facts.self())) {
            return invalid("this node, " + facts.self() + ", is not lost; ask it of a node that stays");
        }
        final List<String> unknown = facts.lost().stream()
                .filter(id -> !facts.voters().contains(id) && !facts.nodes().contains(id))
                .sorted()
                .toList();
        if (!unknown.isEmpty()) {
            return invalid("there is no node " + String.join(", ", unknown) + "; the voters are "
                    + String.join(", ", new TreeSet<>(facts.voters())));
        }
        if (facts.hasMajority()) {
            return conflict("the catalog has a majority of its voters: there is nothing to recover;"
                    + " remove dead nodes with oo nodes rm");
        }
        return unsafe(facts);
    }

    private static RegistryError unsafe(final Facts facts) {
        final List<String> living =
                facts.lost().stream().filter(facts.alive()::contains).sorted().toList();
        if (!living.isEmpty()) {
            return conflict("not lost, but alive: " + String.join(", ", living)
                    + "; stop it for good first, or leave it out of the lost ones");
        }
        // Who has not been told since its start who votes must have every node named: any may be a voter.
        final Collection<String> mayVote = facts.voters().isEmpty() ? facts.nodes() : facts.voters();
        final List<String> unnamed = mayVote.stream()
                .filter(id -> !id.equals(facts.self()))
                .filter(id -> !facts.alive().contains(id) && !facts.lost().contains(id))
                .sorted()
                .toList();
        if (!unnamed.isEmpty()) {
            return conflict("voters that do not answer and are not named as lost: " + String.join(", ", unnamed)
                    + "; bring them back, or name them all");
        }
        final long left =
                facts.voters().stream().filter(id -> !facts.lost().contains(id)).count();
        if (left > facts.voters().size() / 2) {
            return conflict("the voters that are left are a majority: there is nothing to recover,"
                    + " a leader will be elected");
        }
        if (!facts.recovering().isEmpty()) {
            return conflict("another node recovers the catalog at this moment, and two must not: "
                    + String.join(", ", facts.recovering())
                    + "; look at oo cluster status in a moment, and repeat this only if it was not recovered there");
        }
        return facts.insistsHere() ? null : behind(facts);
    }

    private static RegistryError behind(final Facts facts) {
        String ahead = "";
        Position furthest = facts.here();
        for (final Map.Entry<String, Position> other : facts.others().entrySet()) {
            if (other.getValue().isAheadOf(furthest)) {
                ahead = other.getKey();
                furthest = other.getValue();
            }
        }
        return ahead.isEmpty()
                ? null
                : conflict(ahead + " has applied more, up to index " + furthest.index() + " and not "
                        + facts.here().index() + ": recover there, or insist on this node with here");
    }

    private static RegistryError invalid(final String message) {
        return new RegistryError(ErrorCode.INVALID, message);
    }

    private static RegistryError conflict(final String message) {
        return new RegistryError(ErrorCode.CONFLICT, message);
    }
}
