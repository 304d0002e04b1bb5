package com.onebackend.registry.node.catalog;

import com.onebackend.registry.node.catalog.AutopilotView.Node;
import com.onebackend.registry.node.catalog.AutopilotView.Voter;
import java.time.Duration;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * Decides who shall vote: 1, 3, 5 or 7 nodes by the size of the cluster, spread over zones, healthy ones instead of
 * dead ones. One step at a time, the most urgent one; and why, or why nothing is done.
 *
 * <p>Nodes are never removed from the catalog here: that is for people to decide.
 *
 * <p><i>Thread:</i> any; pure. <i>Invariants:</i> before and after each step, and between the two of a replacement, a
 * majority of the voters works; the leader never loses its vote, it hands leadership on first; the same view gives the
 * same plan.
 */
final class Autopilot {
    private final AutopilotView view;
    private final AutopilotConfig config;
    private final Set<String> voterIds;
    private final Set<String> working;
    private final int target;

    private Autopilot(final AutopilotView view, final AutopilotConfig config) {
        this.view = view;
        this.config = config;
        this.voterIds = view.voterIds();
        this.working =
                view.voters().stream().filter(this::isWorking).map(Voter::id).collect(Collectors.toSet());
        this.target = view.target();
    }

    /** What to do next. */
    static AutopilotPlan decide(final AutopilotView view, final AutopilotConfig config) {
        return new Autopilot(view, config).decide();
    }

    private AutopilotPlan decide() {
        if (view.isChanging()) {
            return AutopilotPlan.none("waits: a change of the voters is under way");
        }
        if (!isMajority(working, voterIds)) {
            return AutopilotPlan.none("waits: " + working.size() + " of " + voters(voterIds.size())
                    + " answer, which is no majority; bring back "
                    + voterIds.stream()
                            .filter(id -> !working.contains(id))
                            .sorted()
                            .collect(Collectors.joining(" or ")));
        }
        final List<Supplier<Optional<AutopilotPlan>>> rules = List.of(
                this::drainedLeader,
                this::surplus,
                this::lost,
                this::drainedVoter,
                this::growth,
                this::evenNumber,
                this::spread);
        AutopilotPlan first = null;
        for (final Supplier<Optional<AutopilotPlan>> rule : rules) {
            final AutopilotPlan plan = rule.get().orElse(null);
            if (plan != null && !plan.isNone()) {
                return plan;
            }
            first = first == null ? plan : first;
        }
        return first == null ? AutopilotPlan.none(balance() + ": nothing to do") : first;
    }

    /** A drained node does not lead when another one can. */
    private Optional<AutopilotPlan> drainedLeader() {
        if (!isDrained(view.self())) {
            return Optional.empty();
        }
        final String drained = view.self() + " is drained";
        final Optional<Voter> successor = view.voters().stream()
                .filter(voter -> !voter.id().equals(view.self()) && isWorking(voter) && !voter.isDrained())
                .filter(voter -> heldBack(voter.id()).isEmpty())
                .min(Comparator.comparing(Voter::id));
        if (successor.isPresent()) {
            final String id = successor.get().id();
            return Optional.of(AutopilotPlan.transfer(id, "leadership goes to " + id + ": " + drained));
        }
        if (view.voters().stream().anyMatch(voter -> !voter.isDrained())) {
            return none("leadership cannot move although " + drained + ": no other voter is healthy");
        }
        return Optional.of(substitute("")
                .map(node -> AutopilotPlan.promote(
                        node.id(), node.id() + " becomes a voter, to take over leadership: " + drained))
                .orElseGet(() -> AutopilotPlan.none(
                        "leadership stays although " + drained + ": " + missing(config.growthStable()))));
    }

    /** More voters than wanted. */
    private Optional<AutopilotPlan> surplus() {
        if (voterIds.size() <= target) {
            return Optional.empty();
        }
        return demotion(balance() + ", " + target + " " + (target == 1 ? "is" : "are") + " wanted");
    }

    /** One voter fewer, of whom can be spared best; the dead and drained ones at once. */
    private Optional<AutopilotPlan> demotion(final String why) {
        final Voter unwanted = leastWanted();
        if (unwanted == null) {
            return none(why + "; no vote can be taken now");
        }
        final boolean isUrgent = isLost(unwanted) || unwanted.isDrained();
        if (!isUrgent && isDrained(view.self())) {
            return none(why + "; waits until a node leads that is not drained");
        }
        if (!isUrgent && working.size() < voterIds.size()) {
            return none(why + "; waits: " + silentVoters());
        }
        final Set<String> after = without(voterIds, unwanted.id());
        if (!isMajority(working, after)) {
            return none(why + "; waits: without " + unwanted.id() + " too few of the others would answer");
        }
        final String pause = pause(isUrgent);
        if (!pause.isEmpty()) {
            return none(why + "; waits: " + pause);
        }
        final long surplusNanos = view.nowNanos() - view.surplusSinceNanos().orElse(view.nowNanos());
        if (!isUrgent && surplusNanos < config.surplusStable().toNanos()) {
            return none(why + "; waits: since " + seconds(surplusNanos) + " of " + seconds(config.surplusStable()));
        }
        final String state = isLost(unwanted) ? " is gone" : unwanted.isDrained() ? " is drained" : "";
        return Optional.of(AutopilotPlan.demote(
                unwanted.id(),
                unwanted.id() + " votes no more: " + why + (state.isEmpty() ? "" : ", and " + unwanted.id() + state)));
    }

    /** Never the leader; null when it is the only one. */
    private Voter leastWanted() {
        final Map<String, Integer> zones = view.votersByZone();
        return view.voters().stream()
                .filter(voter -> !voter.id().equals(view.self()))
                .max(Comparator.comparing(this::isLost)
                        .thenComparing(Voter::isDrained)
                        .thenComparing(voter -> zones.get(voter.zone()))
                        .thenComparing(Voter::id))
                .orElse(null);
    }

    /** A voter that is gone is replaced, when a healthy node can take its place. */
    private Optional<AutopilotPlan> lost() {
        final Voter gone = view.voters().stream()
                .filter(voter -> !working.contains(voter.id()))
                .max(Comparator.comparingLong(Voter::silentNanos).thenComparing(Voter::id, Comparator.reverseOrder()))
                .orElse(null);
        if (gone == null) {
            return Optional.empty();
        }
        if (!isLost(gone)) {
            return none("waits: " + gone.id() + " does not answer for " + seconds(gone.silentNanos())
                    + "; it is replaced when it is away for " + seconds(config.dead()));
        }
        return replacement(gone, gone.id() + " is gone for " + seconds(gone.silentNanos()), false);
    }

    /** A drained voter is about to be stopped. */
    private Optional<AutopilotPlan> drainedVoter() {
        return view.voters().stream()
                .filter(voter -> voter.isDrained() && !voter.id().equals(view.self()))
                .min(Comparator.comparing(Voter::id))
                .flatMap(voter -> replacement(voter, voter.id() + " is drained", true));
    }

    private Optional<AutopilotPlan> replacement(final Voter old, final String why, final boolean isUrgent) {
        final Node node = substitute(old.id()).orElse(null);
        if (node == null) {
            return none("cannot replace " + old.id() + ": " + why + ", but " + missing(config.growthStable()));
        }
        final Set<String> works = with(working, node.id());
        final Set<String> between = with(voterIds, node.id());
        if (!isMajority(works, between) || !isMajority(works, without(between, old.id()))) {
            return none("cannot replace " + old.id() + ": too few of the other voters answer");
        }
        final String pause = pause(isUrgent);
        return Optional.of(
                pause.isEmpty()
                        ? AutopilotPlan.replace(
                                old.id(), node.id(), node.id() + " votes instead of " + old.id() + ": " + why)
                        : AutopilotPlan.none("waits to replace " + old.id() + ": " + pause));
    }

    /** Fewer voters than wanted. Two more at a time, since an even number survives no more than the one below it. */
    private Optional<AutopilotPlan> growth() {
        final int missing = target - voterIds.size();
        if (missing <= 0) {
            return Optional.empty();
        }
        final Duration stable = voterIds.size() < 3 ? config.redundancyStable() : config.growthStable();
        final String why = balance() + ", " + target + " are wanted";
        final int wanted = voterIds.size() % 2 == 0 ? 1 : 2;
        final List<Node> fit = fit(stable).toList();
        if (fit.size() < wanted) {
            return none("waits: " + why + "; "
                    + (fit.isEmpty() ? "" : fit.get(0).id() + " alone is not enough, and ") + missing(stable));
        }
        final String id = best(fit.stream(), view.votersByZone()).orElseThrow().id();
        return Optional.of(AutopilotPlan.promote(id, id + " becomes a voter: " + why));
    }

    /** With nobody in sight to make the number odd, one voter less makes the majority smaller. */
    private Optional<AutopilotPlan> evenNumber() {
        if (voterIds.size() >= target || voterIds.size() % 2 != 0) {
            return Optional.empty();
        }
        final boolean isInSight = candidates().anyMatch(node -> node.isReachable() && !node.isDrained());
        return isInSight
                ? Optional.empty()
                : demotion(balance() + ", no node is there to become one more, and an even number is no safer");
    }

    /** A zone that has two voters more than another one, where a node could vote, gives one up. */
    private Optional<AutopilotPlan> spread() {
        if (working.size() < voterIds.size()) {
            return Optional.empty();
        }
        final Map<String, Integer> zones = view.votersByZone();
        final Node node = best(fit(config.growthStable()), zones).orElse(null);
        final Voter old = leastWanted();
        if (node == null
                || old == null
                || zones.get(old.zone()) - zones.getOrDefault(node.zone(), 0) < 2
                || old.isDrained()) {
            return Optional.empty();
        }
        return replacement(
                old,
                zones.get(old.zone()) + " voters are in zone '" + old.zone() + "', "
                        + zones.getOrDefault(node.zone(), 0) + " in zone '" + node.zone() + "'",
                false);
    }

    /** Why no vote is taken away just now; empty when one may be. */
    private String pause(final boolean isUrgent) {
        final long leadsNanos = view.nowNanos() - view.leaderSinceNanos();
        if (leadsNanos < config.termAge().toNanos()) {
            return view.self() + " leads since " + seconds(leadsNanos) + " of " + seconds(config.termAge());
        }
        final long sinceNanos = view.lastChangeNanos()
                .map(at -> view.nowNanos() - at)
                .orElse(config.changeInterval().toNanos());
        return isUrgent || sinceNanos >= config.changeInterval().toNanos()
                ? ""
                : "the last change was " + seconds(sinceNanos) + " of " + seconds(config.changeInterval()) + " ago";
    }

    /** Who votes instead of {@code old}: of the zone that has the fewest voters then. */
    private Optional<Node> substitute(final String old) {
        final Map<String, Integer> zones = view.votersByZone();
        view.voters().stream()
                .filter(voter -> voter.id().equals(old))
                .forEach(voter -> zones.merge(voter.zone(), -1, Integer::sum));
        return best(fit(config.growthStable()), zones);
    }

    private static Optional<Node> best(final Stream<Node> nodes, final Map<String, Integer> zones) {
        return nodes.min(Comparator.<Node>comparingInt(node -> zones.getOrDefault(node.zone(), 0))
                .thenComparing(Node::id));
    }

    private Stream<Node> candidates() {
        return view.nodes().stream().filter(node -> !voterIds.contains(node.id()));
    }

    private Stream<Node> fit(final Duration stable) {
        return candidates().filter(node -> objection(node, stable).isEmpty());
    }

    /** Why a node is no candidate; empty when it is one. */
    private String objection(final Node node, final Duration stable) {
        if (!node.isReachable()) {
            return node.id() + " is not reachable";
        }
        if (node.isDrained()) {
            return node.id() + " is drained";
        }
        if (node.stableNanos() < stable.toNanos()) {
            return node.id() + " is reachable for " + seconds(node.stableNanos()) + " of " + seconds(stable);
        }
        if (!node.heldBack().isEmpty()) {
            return node.id() + " is held back: " + node.heldBack();
        }
        if (node.lagEntries() == Node.LAG_UNKNOWN) {
            return node.id() + " has not said yet how far its catalog is";
        }
        return node.lagEntries() > config.lagEntriesMax()
                ? node.id() + " is " + node.lagEntries() + " entries behind, " + config.lagEntriesMax() + " are allowed"
                : "";
    }

    /** Why there is no further candidate, by the node that is closest to be one. */
    private String missing(final Duration stable) {
        return candidates()
                .filter(node -> !objection(node, stable).isEmpty())
                .max(Comparator.comparing(Node::isReachable)
                        .thenComparing(node -> !node.isDrained())
                        .thenComparing(Node::stableNanos)
                        .thenComparing(Node::id, Comparator.reverseOrder()))
                .map(node -> objection(node, stable))
                .orElse("there is no other node without a vote");
    }

    private boolean isWorking(final Voter voter) {
        return voter.id().equals(view.self())
                || (voter.isReachable()
                        && voter.silentNanos() <= config.silence().toNanos());
    }

    private boolean isLost(final Voter voter) {
        return !voter.id().equals(view.self())
                && !voter.isReachable()
                && voter.silentNanos() > config.dead().toNanos();
    }

    private boolean isDrained(final String nodeId) {
        return view.voters().stream().anyMatch(voter -> voter.id().equals(nodeId) && voter.isDrained());
    }

    private String heldBack(final String nodeId) {
        return view.nodes().stream()
                .filter(node -> node.id().equals(nodeId))
                .map(Node::heldBack)
                .findFirst()
                .orElse("");
    }

    private static Optional<AutopilotPlan> none(final String why) {
        return Optional.of(AutopilotPlan.none(why));
    }

    private String silentVoters() {
        return view.voters().stream()
                .filter(voter -> !working.contains(voter.id()))
                .map(voter -> voter.id() + " does not answer for " + seconds(voter.silentNanos()))
                .collect(Collectors.joining(", "));
    }

    private String balance() {
        return voters(voterIds.size()) + " for " + view.nodes().size()
                + (view.nodes().size() == 1 ? " node" : " nodes");
    }

    private static String voters(final int count) {
        return count + (count == 1 ? " voter" : " voters");
    }

    private static boolean isMajority(final Set<String> working, final Set<String> of) {
        return of.stream().filter(working::contains).count() > of.size() / 2;
    }

    private static Set<String> with(final Set<String> ids, final String id) {
        final Set<String> more = new HashSet<>(ids);
        more.add(id);
        return more;
    }

    private static Set<String> without(final Set<String> ids, final String id) {
        final Set<String> fewer = new HashSet<>(ids);
        fewer.remove(id);
        return fewer;
    }

    private static String seconds(final Duration duration) {
        return duration.toSeconds() + " s";
    }

    private static String seconds(final long nanos) {
        return TimeUnit.NANOSECONDS.toSeconds(nanos) + " s";
    }
}
