package com.onebackend.registry.node.gossip;

import static org.assertj.core.api.Assertions.assertThat;

import com.onebackend.registry.directory.Directory;
import com.onebackend.registry.directory.ServiceView;
import com.onebackend.registry.model.Instance;
import com.onebackend.registry.model.InstanceStatus;
import com.onebackend.registry.model.Origin;
import com.onebackend.registry.model.Part;
import com.onebackend.registry.model.Stamp;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;

class HeartbeatViewTest {
    private static final long SECOND = 1_000_000_000L;

    private final Directory directory = new Directory();
    private final Map<String, Long> millis = new HashMap<>();
    private final HeartbeatView view = new HeartbeatView(directory, id -> millis.getOrDefault(id, 0L));

    @Test
    void firstSignOfLifeAfterQuietIsShownAtOnceTheNextOnesTogether() {
        put("a", "s");
        put("b", "s");
        heard("a", 10);
        view.refresh(0);
        assertThat(shown("a")).isEqualTo(10);
        heard("a", 20);
        heard("b", 21);
        view.refresh(SECOND);
        assertThat(shown("a")).isEqualTo(10);
        view.refresh(5 * SECOND);
        assertThat(shown("a")).isEqualTo(20);
        assertThat(shown("b")).isEqualTo(21);
    }

    @Test
    void serviceIsRebuiltOnceInFiveSecondsHoweverManyHeartbeatsCome() {
        for (int i = 0; i < 50; i++) {
            put("i" + i, "s");
        }
        final Set<ServiceView> views = new HashSet<>();
        for (int i = 0; i < 10_000; i++) {
            heard("i" + i % 50, 100 + i);
            view.refresh(i * SECOND / 1_000);
            views.add(directory.service("s"));
        }
        assertThat(views.size()).isBetween(2, 3);
    }

    @Test
    void roundLooksAtABoundedNumberOfInstances() {
        for (int i = 0; i < 3 * HeartbeatView.INSTANCES_PER_ROUND_MAX; i++) {
            put("i" + i, "s" + i % 3);
            heard("i" + i, 5);
        }
        directory.publish();
        for (int i = 0; i < 3 * HeartbeatView.INSTANCES_PER_ROUND_MAX; i++) {
            view.heard("i" + i);
        }
        for (int round = 1; round <= 3; round++) {
            view.refresh(round);
            int shown = 0;
            for (int slug = 0; slug < 3; slug++) {
                shown += directory
                                        .service("s" + slug)
                                        .entries()
                                        .get(0)
                                        .instance()
                                        .lastHeartbeatMillis()
                                > 0
                        ? 1
                        : 0;
            }
            assertThat(shown).isEqualTo(round);
        }
    }

    @Test
    void instanceThatIsGoneMeanwhileIsNoTrouble() {
        put("a", "s");
        heard("a", 10);
        directory.remove("a");
        directory.publish();
        view.heard("a");
        view.refresh(0);
        view.refresh(5 * SECOND);
        put("a", "s");
        heard("a", 30);
        view.refresh(6 * SECOND);
        assertThat(shown("a")).isEqualTo(30);
    }

    private void put(final String id, final String slug) {
        final Part.Registration registration =
                new Part.Registration(slug, "http://" + id, "", "", "", 0, "", "", "", List.of(), Stamp.ZERO);
        directory.put(
                new Instance(id, registration, InstanceStatus.HEALTHY, "", Part.Intent.Mode.SERVE, 0, new Origin(1)));
        directory.publish();
    }

    private void heard(final String id, final long atMillis) {
        millis.put(id, atMillis);
        view.heard(id);
    }

    private long shown(final String id) {
        return directory.byId(id).instance().lastHeartbeatMillis();
    }
}
