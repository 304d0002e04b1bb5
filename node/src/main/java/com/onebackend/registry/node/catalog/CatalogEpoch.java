package com.onebackend.registry.node.catalog;

import com.onebackend.registry.model.Invariants;
import com.onebackend.registry.wire.WireException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Comparator;
import java.util.UUID;
import java.util.random.RandomGenerator;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Which recovery by force a catalog goes back to. Each recovery begins another one, also when two nodes recover at the
 * same time: from then on they have two histories, and every node that meets both must choose the same one.
 *
 * <p><i>Invariants:</i> all nodes order epochs alike, and nothing in one changes afterwards: the later recovery is
 * ahead; of two at the same time that which lost less, and of equals that with the higher random number.
 *
 * @param number how often the catalog was recovered
 * @param index what had been applied where the last recovery began
 * @param salt drawn at random by the last recovery
 */
record CatalogEpoch(int number, long index, long salt) implements Comparable<CatalogEpoch> {
    /** Of a catalog that was never recovered. */
    static final CatalogEpoch FIRST = new CatalogEpoch(0, 0, 0);

    private static final Pattern TEXT = Pattern.compile("(\\d{1,10})-(\\d{1,19})-([0-9a-f]{1,16})");
    private static final int BYTES = Integer.BYTES + 2 * Long.BYTES;
    private static final Comparator<CatalogEpoch> ORDER = Comparator.comparingInt(CatalogEpoch::number)
            .thenComparingLong(CatalogEpoch::index)
            .thenComparing(CatalogEpoch::salt, Long::compareUnsigned);

    CatalogEpoch {
        Invariants.check(number >= 0 && index >= 0, "an epoch is not negative");
        Invariants.check(number > 0 || (index == 0 && salt == 0), "there is one first epoch");
    }

    /** The one that a recovery begins which goes on from {@code applied}. */
    CatalogEpoch next(final long applied, final RandomGenerator random) {
        return new CatalogEpoch(number + 1, applied, random.nextLong());
    }

    /** True when a node with {@code other} has to give that up for this one. */
    boolean isAheadOf(final CatalogEpoch other) {
        return compareTo(other) > 0;
    }

    @Override
    public int compareTo(final CatalogEpoch other) {
        return ORDER.compare(this, other);
    }

    /**
     * The Raft group that keeps this epoch's catalog: never that of another one, so that its voters, should they ever
     * return, cannot be a majority of anything.
     */
    UUID groupId(final UUID clusterId) {
        return number == 0
                ? clusterId
                : UUID.nameUUIDFromBytes((clusterId + "/" + this).getBytes(StandardCharsets.UTF_8));
    }

    /** What {@link #toString} gave; the first epoch for anything else. */
    static CatalogEpoch parse(final String text) {
        final Matcher parts = TEXT.matcher(text);
        if (!parts.matches()) {
            return FIRST;
        }
        try {
            return of(
                    Integer.parseInt(parts.group(1)),
                    Long.parseLong(parts.group(2)),
                    Long.parseUnsignedLong(parts.group(3), 16));
        } catch (final NumberFormatException | WireException e) {
            return FIRST;
        }
    }

    byte[] encode() {
        return ByteBuffer.allocate(BYTES)
                .putInt(number)
                .putLong(index)
                .putLong(salt)
                .array();
    }

    /** @throws WireException the row is damaged */
    static CatalogEpoch decode(final byte[] row) {
        if (row.length != BYTES) {
            throw new WireException("the catalog's epoch cannot be read");
        }
        final ByteBuffer fields = ByteBuffer.wrap(row);
        return of(fields.getInt(), fields.getLong(), fields.getLong());
    }

    /** @throws WireException there is no such epoch */
    static CatalogEpoch of(final int number, final long index, final long salt) {
        try {
            return new CatalogEpoch(number, index, salt);
        } catch (final IllegalStateException e) {
            throw new WireException("the catalog's epoch is not right", e);
        }
    }

    @Override
    public String toString() {
        return number + "-" + index + "-" + Long.toHexString(salt);
    }
}
