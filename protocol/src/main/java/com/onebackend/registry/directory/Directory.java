package com.onebackend.registry.directory;

import com.onebackend.registry.model.Instance;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;
import java.util.function.ToLongFunction;

/**
 * The read model of instances.
 *
 * <p><i>Thread:</i> {@link #put}, {@link #remove} and {@link #publish} belong to the gossip loop; every read may come
 * from any thread, never blocks and sees each instance either before or after a change.
 *
 * <p><i>Invariants:</i> the row under the id is the truth. A key is indexed before its row shows and leaves the index
 * after it: so who goes through an index and checks the row finds exactly what the rows say. A view is rebuilt only
 * when one of its instances changed; entries of the others, and what is rendered of them, stay.
 */
public final class Directory {
    private static final Comparator<Row> BY_SLUG_AND_ID =
            Comparator.comparing(Row::slug).thenComparing(Row::id);

    private final Map<String, Row> rows = new ConcurrentHashMap<>();
    private final Map<String, ServiceView> services = new ConcurrentHashMap<>();
    private final Map<Address, List<String>> idsByAddress = new ConcurrentHashMap<>();
    private final IdIndex byDeployment = new IdIndex();
    private final IdIndex byNode = new IdIndex();
    private final IdIndex byHost = new IdIndex();

    /** Odd while instances change their service, so that a walk over the services can tell that it may miss one. */
    private volatile int movesShown;

    /** Writer only. */
    private int moves;

    /** Writer only: what {@link #publish} will show; empty = removed. */
    private final NavigableMap<String, Optional<Row>> pending = new TreeMap<>();

    private record Address(String slug, String url) {
        static Address of(final Row row) {
            return new Address(row.slug(), row.instance().url());
        }
    }

    /** The instances of one service; an empty view when there are none. One hash lookup. */
    public ServiceView service(final String slug) {
        final ServiceView view = services.get(slug);
        return view == null ? new ServiceView(slug, List.of()) : view;
    }

    /** One instance; null when there is none. One hash lookup. */
    public Entry byId(final String instanceId) {
        final Row row = rows.get(instanceId);
        return row == null ? null : row.entry();
    }

    /**
     * The instance registered under this slug and url; null when there is none. Two hash lookups. Of several, which
     * only two nodes that did not hear each other can make, the one with the lowest id.
     */
    public Entry byAddress(final String slug, final String url) {
        final Address address = new Address(slug, url);
        for (final String id : idsByAddress.getOrDefault(address, List.of())) {
            final Row row = rows.get(id);
            if (row != null && Address.of(row).equals(address)) {
                return row.entry();
            }
        }
        return null;
    }

    /**
     * Every instance that matches, ordered by slug and id. Uses the narrowest index the query allows (id, slug,
     * deployment, node, host); only a query without any of these walks all.
     */
    public void find(final InstanceQuery query, final Consumer<Entry> found) {
        final Match match = new Match(query);
        final List<Row> rowsFound = new ArrayList<>();
        for (final Row row : candidates(query, match)) {
            if (match.test(row)) {
                rowsFound.add(row);
            }
        }
        rowsFound.sort(BY_SLUG_AND_ID);
        rowsFound.forEach(row -> found.accept(row.entry()));
    }

    /** How many instances there are. */
    public int size() {
        return rows.size();
    }

    /** How many services have at least one instance. Instances without a slug are of no service. */
    public int services() {
        return services.size() - (services.containsKey("") ? 1 : 0);
    }

    /** Writer: this instance is new or changed; seen by readers after {@link #publish}. */
    public void put(final Instance instance) {
        final Row shown = rows.get(instance.id());
        if (shown != null && shown.instance().equals(instance)) {
            pending.remove(instance.id());
            return;
        }
        final Optional<Row> waiting = pending.get(instance.id());
        if (waiting == null
                || waiting.filter(row -> row.instance().equals(instance)).isEmpty()) {
            pending.put(instance.id(), Optional.of(new Row(instance)));
        }
    }

    /** Writer: this instance is gone; seen by readers after {@link #publish}. */
    public void remove(final String instanceId) {
        if (rows.containsKey(instanceId)) {
            pending.put(instanceId, Optional.empty());
        } else {
            pending.remove(instanceId);
        }
    }

    /** Writer: show readers what was put and removed. Cost: the sizes of the services touched. */
    public void publish() {
        if (pending.isEmpty()) {
            return;
        }
        final boolean isMoving =
                pending.values().stream().flatMap(Optional::stream).anyMatch(this::isMove);
        if (isMoving) {
            movesShown = ++moves;
        }
        final Map<String, NavigableMap<String, Optional<Row>>> changesBySlug = new HashMap<>();
        pending.forEach((id, change) -> {
            final Row before = rows.get(id);
            if (before != null) {
                changesOf(changesBySlug, before.slug()).put(id, Optional.empty());
            }
            change.ifPresent(after -> changesOf(changesBySlug, after.slug()).put(id, change));
            show(id, before, change.orElse(null));
        });
        changesBySlug.forEach(this::rebuild);
        pending.clear();
        if (isMoving) {
            movesShown = ++moves;
        }
    }

    /**
     * Writer, after {@link #publish}: show readers later signs of life of one service's instances. Cost: the size of
     * the service, without any index; nothing when none is later.
     *
     * @param lastHeartbeatMillis by instance id; 0 = none known
     * @return how many instances were looked at
     */
    public int refresh(final String slug, final ToLongFunction<String> lastHeartbeatMillis) {
        final ServiceView view = services.get(slug);
        if (view == null) {
            return 0;
        }
        final List<Entry> before = view.entries();
        List<Entry> after = null;
        for (int i = 0; i < before.size(); i++) {
            final Instance instance = before.get(i).instance();
            final long millis = lastHeartbeatMillis.applyAsLong(instance.id());
            if (millis > instance.lastHeartbeatMillis()) {
                final Row row = rows.get(instance.id()).seen(millis);
                rows.put(instance.id(), row);
                after = after == null ? new ArrayList<>(before) : after;
                after.set(i, row.entry());
            }
        }
        if (after != null) {
            services.put(slug, new ServiceView(slug, after));
        }
        return before.size();
    }

    /** How many rows {@link #find} would look at. */
    int candidateCount(final InstanceQuery query) {
        return candidates(query, new Match(query)).size();
    }

    /** How many keys the indexes hold; none must be left behind. */
    int indexKeys() {
        return idsByAddress.size() + byDeployment.keys() + byNode.keys() + byHost.keys();
    }

    private Collection<Row> candidates(final InstanceQuery query, final Match match) {
        if (!query.id().isEmpty()) {
            return rowsOf(List.of(query.id()));
        }
        final List<Collection<String>> sets = new ArrayList<>();
        if (!query.deploymentId().isEmpty()) {
            sets.add(byDeployment.of(query.deploymentId()));
        }
        if (!match.nodeUrl().isEmpty()) {
            sets.add(byNode.of(match.nodeUrl()));
        }
        if (!match.host().isEmpty()) {
            sets.add(byHost.of(match.host()));
        }
        final Collection<String> narrowest =
                sets.stream().min(Comparator.comparingInt(Collection::size)).orElse(null);
        final String slug = query.slug().isEmpty() ? query.visibleSlug() : query.slug();
        if (slug != null) {
            final ServiceView view = service(slug);
            if (narrowest == null || view.entries().size() <= narrowest.size()) {
                final List<Row> found = new ArrayList<>(view.entries().size());
                addRowsOf(view, found);
                return found;
            }
        }
        return narrowest == null ? allRows() : rowsOf(narrowest);
    }

    /** Service by service, which comes out sorted, unless one that changes its service might be missed. */
    private Collection<Row> allRows() {
        final int before = movesShown;
        final List<Row> found = new ArrayList<>(rows.size());
        final List<String> slugs = new ArrayList<>(services.keySet());
        slugs.sort(Comparator.naturalOrder());
        slugs.forEach(slug -> addRowsOf(service(slug), found));
        return before % 2 == 0 && before == movesShown ? found : rows.values();
    }

    /** The rows of a service as they are now, which may be later than the view. */
    private void addRowsOf(final ServiceView view, final List<Row> found) {
        for (final Entry entry : view.entries()) {
            final Row row = rows.get(entry.instance().id());
            if (row != null && row.slug().equals(view.slug())) {
                found.add(row);
            }
        }
    }

    private List<Row> rowsOf(final Collection<String> ids) {
        final List<Row> found = new ArrayList<>();
        for (final String id : ids) {
            final Row row = rows.get(id);
            if (row != null) {
                found.add(row);
            }
        }
        return found;
    }

    private static NavigableMap<String, Optional<Row>> changesOf(
            final Map<String, NavigableMap<String, Optional<Row>>> changesBySlug, final String slug) {
        return changesBySlug.computeIfAbsent(slug, any -> new TreeMap<>());
    }

    private boolean isMove(final Row after) {
        final Row before = rows.get(after.id());
        return before != null && !before.slug().equals(after.slug());
    }

    private void show(final String id, final Row before, final Row after) {
        if (after != null) {
            index(after);
            rows.put(id, after);
        } else {
            rows.remove(id);
        }
        if (before != null) {
            unindex(before, after);
        }
    }

    private void index(final Row row) {
        final String id = row.id();
        byDeployment.add(row.instance().registration().deploymentId(), id);
        byNode.add(row.nodeUrl(), id);
        byHost.add(row.host(), id);
        byHost.add(row.urlHost(), id);
        idsByAddress.compute(Address.of(row), (address, ids) -> with(ids, id));
    }

    /** Takes the row out of the indexes under the keys that its successor, which may be null, has not. */
    private void unindex(final Row row, final Row successor) {
        final String id = row.id();
        final String deployment = row.instance().registration().deploymentId();
        if (successor == null
                || !deployment.equals(successor.instance().registration().deploymentId())) {
            byDeployment.remove(deployment, id);
        }
        if (successor == null || !row.nodeUrl().equals(successor.nodeUrl())) {
            byNode.remove(row.nodeUrl(), id);
        }
        for (final String host : List.of(row.host(), row.urlHost())) {
            if (successor == null || (!host.equals(successor.host()) && !host.equals(successor.urlHost()))) {
                byHost.remove(host, id);
            }
        }
        if (successor == null || !Address.of(row).equals(Address.of(successor))) {
            idsByAddress.computeIfPresent(Address.of(row), (address, ids) -> without(ids, id));
        }
    }

    private static List<String> with(final List<String> ids, final String id) {
        if (ids == null) {
            return List.of(id);
        }
        if (ids.contains(id)) {
            return ids;
        }
        final List<String> more = new ArrayList<>(ids);
        more.add(id);
        more.sort(Comparator.naturalOrder());
        return List.copyOf(more);
    }

    /** Null when none is left, so that the key goes, too. */
    private static List<String> without(final List<String> ids, final String id) {
        final List<String> rest =
                ids.stream().filter(other -> !other.equals(id)).toList();
        return rest.isEmpty() ? null : rest;
    }

    /** Merges the sorted view with its sorted changes. */
    private void rebuild(final String slug, final NavigableMap<String, Optional<Row>> changes) {
        final List<Entry> before = service(slug).entries();
        final List<Entry> after = new ArrayList<>(before.size() + changes.size());
        int next = 0;
        for (final Map.Entry<String, Optional<Row>> change : changes.entrySet()) {
            while (next < before.size() && idAt(before, next).compareTo(change.getKey()) < 0) {
                after.add(before.get(next++));
            }
            if (next < before.size() && idAt(before, next).equals(change.getKey())) {
                next++;
            }
            change.getValue().ifPresent(row -> after.add(row.entry()));
        }
        after.addAll(before.subList(next, before.size()));
        if (after.isEmpty()) {
            services.remove(slug);
        } else {
            services.put(slug, new ServiceView(slug, after));
        }
    }

    private static String idAt(final List<Entry> entries, final int index) {
        return entries.get(index).instance().id();
    }
}
