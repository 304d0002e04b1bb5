package com.onebackend.registry.node.catalog;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.onebackend.registry.wire.WireException;
import java.util.List;
import java.util.Random;
import java.util.UUID;
import org.junit.jupiter.api.Test;

/** Which of two catalogs that were recovered by force goes on: every node must give the same answer. */
class CatalogEpochTest {
    private static final UUID CLUSTER = new UUID(1, 2);

    @Test
    void laterRecoveryIsAheadThenTheOneThatLostLessThenTheHigherSalt() {
        final List<CatalogEpoch> rising = List.of(
                CatalogEpoch.FIRST,
                new CatalogEpoch(1, 90, -1),
                new CatalogEpoch(1, 100, 5),
                new CatalogEpoch(1, 100, Long.MAX_VALUE),
                new CatalogEpoch(1, 100, Long.MIN_VALUE),
                new CatalogEpoch(2, 1, 0));
        for (int i = 0; i < rising.size(); i++) {
            for (int j = 0; j < rising.size(); j++) {
                assertThat(rising.get(i).isAheadOf(rising.get(j)))
                        .as(rising.get(i) + " and " + rising.get(j))
                        .isEqualTo(i > j);
            }
        }
    }

    @Test
    void twoRecoveriesFromTheSamePlaceHaveTwoGroupsAndOneOfThemIsAhead() {
        final CatalogEpoch one = CatalogEpoch.FIRST.next(100, new Random(1));
        final CatalogEpoch other = CatalogEpoch.FIRST.next(100, new Random(2));
        assertThat(one.groupId(CLUSTER)).isNotEqualTo(other.groupId(CLUSTER)).isNotEqualTo(CLUSTER);
        assertThat(one.isAheadOf(other)).isNotEqualTo(other.isAheadOf(one));
        assertThat(one.isAheadOf(CatalogEpoch.FIRST)).isTrue();
        assertThat(CatalogEpoch.FIRST.groupId(CLUSTER)).isEqualTo(CLUSTER);
    }

    @Test
    void rowsAndTextsComeBackAndDamagedOnesAreKnown() {
        for (final CatalogEpoch epoch :
                List.of(CatalogEpoch.FIRST, new CatalogEpoch(3, 1L << 40, -7), new CatalogEpoch(1, 0, 0))) {
            assertThat(CatalogEpoch.decode(epoch.encode())).isEqualTo(epoch);
            assertThat(CatalogEpoch.parse(epoch.toString())).isEqualTo(epoch);
        }
        assertThatThrownBy(() -> CatalogEpoch.decode(new byte[4])).isInstanceOf(WireException.class);
        assertThatThrownBy(() -> CatalogEpoch.of(-1, 0, 0)).isInstanceOf(WireException.class);
        assertThatThrownBy(() -> CatalogEpoch.of(0, 5, 0)).isInstanceOf(WireException.class);
        for (final String text :
                List.of("", "1", "x-1-2", "1-2-g", "99999999999-1-1", "0-1-0", "1-99999999999999999999-1")) {
            assertThat(CatalogEpoch.parse(text)).as(text).isEqualTo(CatalogEpoch.FIRST);
        }
    }
}
