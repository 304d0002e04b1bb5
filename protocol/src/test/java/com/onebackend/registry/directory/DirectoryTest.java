package com.onebackend.registry.directory;

import static com.onebackend.registry.directory.Instances.idsFound;
import static org.assertj.core.api.Assertions.assertThat;

import com.onebackend.registry.model.Instance;
import com.onebackend.registry.model.InstanceStatus;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

class DirectoryTest {
    private final Directory directory = new Directory();

    @Test
    void nothingIsSeenBeforePublish() {
        directory.put(Instances.of("i", "s", "http://h"));
        assertThat(directory.byId("i")).isNull();
        assertThat(directory.service("s").entries()).isEmpty();
        assertThat(directory.size()).isZero();
        directory.publish();
        assertThat(directory.byId("i")).isNotNull();
        directory.remove("i");
        assertThat(directory.byId("i")).isNotNull();
        directory.publish();
        assertThat(directory.byId("i")).isNull();
        assertThat(directory.services()).isZero();
        assertThat(directory.indexKeys()).isZero();
    }

    @Test
    void refreshShowsLaterSignsOfLifeAndRebuildsNothingElse() {
        publish(
                Instances.of("a", "s", "http://a"),
                Instances.of("b", "s", "http://b"),
                Instances.of("c", "other", "http://c"));
        final ServiceView before = directory.service("s");
        final ServiceView other = directory.service("other");
        assertThat(directory.refresh("s", id -> 0)).isEqualTo(2);
        assertThat(directory.service("s")).isSameAs(before);
        directory.refresh("s", id -> id.equals("b") ? 99 : 0);
        assertThat(directory.byId("b").instance().lastHeartbeatMillis()).isEqualTo(99);
        assertThat(directory.service("s").entries().get(1).instance().lastHeartbeatMillis())
                .isEqualTo(99);
        assertThat(directory.service("s").entries().get(0))
                .isSameAs(before.entries().get(0));
        assertThat(directory.service("other")).isSameAs(other);
        assertThat(idsFound(directory, Instances.byHost("b"))).containsExactly("b");
        // Never back.
        directory.refresh("s", id -> 50);
        assertThat(directory.byId("b").instance().lastHeartbeatMillis()).isEqualTo(99);
        directory.remove("b");
        directory.publish();
        assertThat(idsFound(directory, Instances.byHost("b"))).isEmpty();
        assertThat(directory.refresh("gone", id -> 99)).isZero();
    }

    @Test
    void viewIsSortedByIdWhateverTheOrderOfArrival() {
        for (final String id : List.of("c", "a", "e")) {
            publish(Instances.of(id, "s", "http://" + id));
        }
        publish(Instances.of("d", "s", "http://d"), Instances.of("b", "s", "http://b"));
        assertThat(directory.service("s").entries())
                .extracting(entry -> entry.instance().id())
                .containsExactly("a", "b", "c", "d", "e");
    }

    @Test
    void untouchedEntriesAndServicesKeepWhatWasRendered() {
        publish(
                Instances.of("a", "s", "http://a"),
                Instances.of("b", "s", "http://b"),
                Instances.of("c", "t", "http://c"));
        final Entry untouched = directory.byId("b");
        final ServiceView other = directory.service("t");
        final ServiceView before = directory.service("s");
        publish(Instances.withStatus(directory.byId("a").instance(), InstanceStatus.UNHEALTHY));
        assertThat(directory.byId("b")).isSameAs(untouched);
        assertThat(directory.service("s").entries().get(1)).isSameAs(untouched);
        assertThat(directory.service("t")).isSameAs(other);
        assertThat(directory.service("s").rendered()).isNotSameAs(before.rendered());
        assertThat(directory.byId("a").instance().status()).isEqualTo(InstanceStatus.UNHEALTHY);
        assertThat(before.entries().get(0).instance().status())
                .as("a view somebody holds does not change")
                .isEqualTo(InstanceStatus.HEALTHY);
    }

    @Test
    void equalInstanceChangesNothing() {
        publish(Instances.of("a", "s", "http://a"));
        final Entry entry = directory.byId("a");
        final ServiceView view = directory.service("s");
        publish(Instances.of("a", "s", "http://a"));
        assertThat(directory.byId("a")).isSameAs(entry);
        assertThat(directory.service("s")).isSameAs(view);
    }

    @Test
    void lastOfSeveralPutsAndRemovalsCounts() {
        final Instance first = Instances.of("a", "s", "http://a");
        final Instance second = Instances.of("a", "s", "http://b");
        publish(first);
        directory.put(second);
        directory.put(first);
        directory.publish();
        assertThat(directory.byId("a").instance()).isEqualTo(first);
        directory.remove("a");
        directory.put(second);
        directory.publish();
        assertThat(directory.byId("a").instance()).isEqualTo(second);
        directory.put(first);
        directory.remove("a");
        directory.put(first);
        directory.remove("a");
        directory.publish();
        assertThat(directory.size()).isZero();
        directory.put(first);
        directory.remove("a");
        directory.publish();
        assertThat(directory.size()).isZero();
        assertThat(directory.indexKeys()).isZero();
    }

    @Test
    void instanceIsFoundByItsAddress() {
        publish(Instances.of("a", "s", "http://h"), Instances.of("b", "t", "http://h"));
        assertThat(directory.byAddress("s", "http://h").instance().id()).isEqualTo("a");
        assertThat(directory.byAddress("t", "http://h").instance().id()).isEqualTo("b");
        assertThat(directory.byAddress("s", "http://H")).isNull();
        publish(Instances.of("a", "s", "http://moved"));
        assertThat(directory.byAddress("s", "http://h")).isNull();
        assertThat(directory.byAddress("s", "http://moved").instance().id()).isEqualTo("a");
    }

    @Test
    void ofTwoAtOneAddressTheLowerIdIsFoundAndThenTheOther() {
        publish(Instances.of("b", "s", "http://h"), Instances.of("a", "s", "http://h"));
        assertThat(directory.byAddress("s", "http://h").instance().id()).isEqualTo("a");
        directory.remove("a");
        directory.publish();
        assertThat(directory.byAddress("s", "http://h").instance().id()).isEqualTo("b");
    }

    @Test
    void instanceThatChangesItsServiceIsInTheNewOneOnly() {
        publish(Instances.of("a", "s", "http://a"), Instances.of("b", "s", "http://b"));
        publish(Instances.of("a", "t", "http://a"));
        assertThat(directory.service("s").entries()).hasSize(1);
        assertThat(directory.service("t").entries()).hasSize(1);
        assertThat(directory.services()).isEqualTo(2);
        assertThat(directory.byAddress("s", "http://a")).isNull();
    }

    @Test
    void instancesWithoutASlugAreOfNoService() {
        publish(Instances.of("a", "", "http://a"), Instances.of("b", "s", "http://b"));
        assertThat(directory.services()).isEqualTo(1);
        assertThat(directory.size()).isEqualTo(2);
        assertThat(directory.service("").entries()).hasSize(1);
    }

    @Test
    void findLooksOnlyAtTheNarrowestIndex() {
        for (int i = 0; i < 1_000; i++) {
            final String slug = "s" + i % 10;
            final String host = "h" + i % 50;
            directory.put(Instances.of(
                    "i" + i,
                    Instances.registration(
                            slug, "http://" + host + ":" + i, "alias" + i % 25, "d" + i % 200, "http://N" + i % 20)));
        }
        directory.publish();
        assertThat(directory.candidateCount(InstanceQuery.ALL)).isEqualTo(1_000);
        assertThat(directory.candidateCount(Instances.byId("i7"))).isOne();
        assertThat(directory.candidateCount(Instances.byId("none"))).isZero();
        assertThat(directory.candidateCount(InstanceQuery.ofSlug("s3"))).isEqualTo(100);
        assertThat(directory.candidateCount(Instances.byHost("H7"))).isEqualTo(20);
        assertThat(directory.candidateCount(Instances.byHost("alias7"))).isEqualTo(40);
        assertThat(directory.candidateCount(Instances.byNode("HTTP://n7/"))).isEqualTo(50);
        assertThat(directory.candidateCount(Instances.byDeployment("d7"))).isEqualTo(5);
        assertThat(directory.candidateCount(Instances.byDeployment("none"))).isZero();
        final InstanceQuery narrow = new InstanceQuery(
                "", "s7", "h7", "", "", 0, "", "d7", "http://n7", InstanceStatus.HEALTHY, List.of(), null);
        assertThat(directory.candidateCount(narrow)).isEqualTo(5);
        assertThat(idsFound(directory, narrow)).containsExactly("i207", "i407", "i607", "i7", "i807");
        final InstanceQuery visible = new InstanceQuery("", "", "", "", "", 0, "", "", "", null, List.of(), "s4");
        assertThat(directory.candidateCount(visible)).isEqualTo(100);
        assertThat(idsFound(directory, Instances.byHost("h7"))).hasSize(20);
        assertThat(idsFound(directory, Instances.byHost("alias7"))).hasSize(40);
    }

    /** Random puts and removals against a plain map, with every query through the model's own walk. */
    @Test
    void everyReadAgreesWithAPlainMap() {
        final Random random = new Random(7);
        final Map<String, Instance> model = new TreeMap<>();
        for (int round = 0; round < 400; round++) {
            for (int change = random.nextInt(4); change >= 0; change--) {
                final String id = "i" + random.nextInt(25);
                if (random.nextInt(3) == 0) {
                    model.remove(id);
                    directory.remove(id);
                } else {
                    final Instance instance = randomInstance(id, random);
                    model.put(id, instance);
                    directory.put(instance);
                }
            }
            directory.publish();
            checkAgainst(model, random);
        }
        List.copyOf(model.keySet()).forEach(directory::remove);
        directory.publish();
        assertThat(directory.size() + directory.services() + directory.indexKeys())
                .isZero();
    }

    private void checkAgainst(final Map<String, Instance> model, final Random random) {
        assertThat(directory.size()).isEqualTo(model.size());
        final List<InstanceQuery> queries = List.of(
                InstanceQuery.ALL,
                InstanceQuery.ofSlug("s" + random.nextInt(3)),
                Instances.byId("i" + random.nextInt(25)),
                Instances.byHost("h" + random.nextInt(4)),
                Instances.byNode("http://N" + random.nextInt(3) + "/"),
                Instances.byDeployment("d" + random.nextInt(3)));
        for (final InstanceQuery query : queries) {
            final List<String> expected = new ArrayList<>(model.values().stream()
                    .filter(query::matches)
                    .sorted(Comparator.comparing(Instance::slug).thenComparing(Instance::id))
                    .map(Instance::id)
                    .toList());
            assertThat(idsFound(directory, query)).as(query.toString()).isEqualTo(expected);
        }
        for (final Instance instance : model.values()) {
            assertThat(directory.byId(instance.id()).instance()).isEqualTo(instance);
            assertThat(directory
                            .byAddress(instance.slug(), instance.url())
                            .instance()
                            .url())
                    .isEqualTo(instance.url());
            assertThat(directory.service(instance.slug()).entries()).contains(directory.byId(instance.id()));
        }
    }

    private static Instance randomInstance(final String id, final Random random) {
        return Instances.of(
                id,
                Instances.registration(
                        random.nextInt(8) == 0 ? "" : "s" + random.nextInt(3),
                        "http://h" + random.nextInt(4) + "/" + random.nextInt(10),
                        random.nextBoolean() ? "" : "H" + random.nextInt(4),
                        random.nextBoolean() ? "" : "d" + random.nextInt(3),
                        random.nextBoolean() ? "" : "http://n" + random.nextInt(3)));
    }

    private void publish(final Instance... instances) {
        for (final Instance instance : instances) {
            directory.put(instance);
        }
        directory.publish();
    }
}
