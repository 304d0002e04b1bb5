package com.onebackend.registry.gateway;

import com.onebackend.registry.directory.Directory;
import com.onebackend.registry.directory.Entry;
import com.onebackend.registry.directory.InstanceQuery;
import com.onebackend.registry.directory.ServiceView;
import com.onebackend.registry.model.Instance;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.function.Consumer;

/** The dumbest directory that is right: a sorted map, walked. */
final class FakeDirectory implements Directory {
    private final Map<String, Entry> byId = new ConcurrentSkipListMap<>();
    private final Map<String, ServiceView> views = new ConcurrentHashMap<>();

    @Override
    public ServiceView service(final String slug) {
        return views.computeIfAbsent(
                slug,
                key -> new ServiceView(
                        key,
                        byId.values().stream()
                                .filter(entry -> entry.instance().slug().equals(key))
                                .toList()));
    }

    @Override
    public Entry byId(final String instanceId) {
        return byId.get(instanceId);
    }

    @Override
    public Entry byAddress(final String slug, final String url) {
        return byId.values().stream()
                .filter(entry -> entry.instance().slug().equals(slug)
                        && entry.instance().url().equals(url))
                .findFirst()
                .orElse(null);
    }

    @Override
    public void find(final InstanceQuery query, final Consumer<Entry> found) {
        byId.values().stream()
                .filter(entry -> matches(entry.instance(), query))
                .toList()
                .forEach(found);
    }

    private static boolean matches(final Instance instance, final InstanceQuery query) {
        final var registration = instance.registration();
        return fits(query.id(), instance.id())
                && fits(query.slug(), instance.slug())
                && fits(query.host(), registration.host())
                && fits(query.ip(), registration.ip())
                && fits(query.scheme(), registration.scheme())
                && (query.port() == 0 || query.port() == registration.port())
                && fits(query.path(), registration.path())
                && fits(query.deploymentId(), registration.deploymentId())
                && fits(query.nodeUrl(), registration.nodeUrl())
                && (query.status() == null || query.status() == instance.status())
                && instance.tags().containsAll(query.tags())
                && (query.visibleSlug() == null || query.visibleSlug().equals(instance.slug()));
    }

    private static boolean fits(final String wanted, final String value) {
        return wanted.isEmpty() || wanted.equals(value);
    }

    @Override
    public int size() {
        return byId.size();
    }

    @Override
    public int services() {
        return (int) byId.values().stream()
                .map(entry -> entry.instance().slug())
                .distinct()
                .count();
    }

    @Override
    public void put(final Instance instance) {
        byId.put(instance.id(), new Entry(instance));
    }

    @Override
    public void remove(final String instanceId) {
        byId.remove(instanceId);
    }

    @Override
    public void publish() {
        views.clear();
    }

    List<Instance> all() {
        return byId.values().stream().map(Entry::instance).toList();
    }
}
