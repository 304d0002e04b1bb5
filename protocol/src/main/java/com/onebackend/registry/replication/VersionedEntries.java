package com.onebackend.registry.replication;

import java.util.AbstractCollection;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Iterator;
import java.util.List;
import java.util.NoSuchElementException;

/**
 * Entries of one origin, ordered by version: rows of references, without a node or a boxed number for each.
 *
 * <p>Nearly every entry is added at the end, and any may go; so the last row is filled to its brim, a full row in the
 * middle is split, and a row that lost most of its entries is joined with its neighbour.
 *
 * <p><i>Invariants:</i> no row is empty; versions ascend within and across rows.
 */
final class VersionedEntries extends AbstractCollection<LogEntry> {
    private static final int ROW_MAX = 128;
    private static final int ROW_FIRST = 4;

    private final List<Row> rows = new ArrayList<>();
    private int size;

    private static final class Row {
        private LogEntry[] entries = new LogEntry[ROW_FIRST];
        private int length;

        long first() {
            return entries[0].version();
        }

        long last() {
            return entries[length - 1].version();
        }

        /** Where the version is; where it would go, as {@code -(place) - 1}, when it is not there. */
        int find(final long version) {
            int low = 0;
            int high = length - 1;
            while (low <= high) {
                final int middle = (low + high) >>> 1;
                final int order = Long.compare(entries[middle].version(), version);
                if (order == 0) {
                    return middle;
                }
                if (order < 0) {
                    low = middle + 1;
                } else {
                    high = middle - 1;
                }
            }
            return -low - 1;
        }

        void insert(final int place, final LogEntry entry) {
            if (length == entries.length) {
                entries = Arrays.copyOf(entries, Math.min(ROW_MAX, 2 * length));
            }
            System.arraycopy(entries, place, entries, place + 1, length - place);
            entries[place] = entry;
            length++;
        }

        void remove(final int place) {
            length--;
            System.arraycopy(entries, place + 1, entries, place, length - place);
            entries[length] = null;
        }

        /** The upper half, taken out of this row. */
        Row split() {
            final Row upper = new Row();
            final int keep = length / 2;
            upper.entries = Arrays.copyOfRange(entries, keep, keep + ROW_MAX);
            upper.length = length - keep;
            Arrays.fill(entries, keep, length, null);
            length = keep;
            return upper;
        }

        void append(final Row other) {
            entries = Arrays.copyOf(entries, ROW_MAX);
            System.arraycopy(other.entries, 0, entries, length, other.length);
            length += other.length;
        }
    }

    /** Puts an entry in, in place of the one that has its version. Returns that one, or null. */
    LogEntry put(final LogEntry entry) {
        if (rows.isEmpty() || rows.get(rows.size() - 1).last() < entry.version()) {
            append(entry);
            return null;
        }
        final int index = Math.max(0, rowAt(entry.version()));
        final Row row = rows.get(index);
        final int place = row.find(entry.version());
        if (place >= 0) {
            final LogEntry before = row.entries[place];
            row.entries[place] = entry;
            return before;
        }
        size++;
        if (row.length < ROW_MAX) {
            row.insert(-place - 1, entry);
            return null;
        }
        final Row upper = row.split();
        rows.add(index + 1, upper);
        final Row target = entry.version() < upper.first() ? row : upper;
        target.insert(-target.find(entry.version()) - 1, entry);
        return null;
    }

    /** Takes the entry of a version out and returns it; null when there is none. */
    LogEntry removeVersion(final long version) {
        final int index = rowAt(version);
        final int place = index < 0 ? -1 : rows.get(index).find(version);
        if (place < 0) {
            return null;
        }
        final Row row = rows.get(index);
        final LogEntry gone = row.entries[place];
        row.remove(place);
        size--;
        if (row.length == 0) {
            rows.remove(index);
        } else if (index + 1 < rows.size() && row.length + rows.get(index + 1).length <= ROW_MAX / 2) {
            row.append(rows.remove(index + 1));
        } else if (index > 0 && row.length + rows.get(index - 1).length <= ROW_MAX / 2) {
            rows.get(index - 1).append(rows.remove(index));
        }
        return gone;
    }

    /** The entry of a version; null when there is none. */
    LogEntry at(final long version) {
        if (version > lastVersion()) {
            return null;
        }
        final int index = rowAt(version);
        final int place = index < 0 ? -1 : rows.get(index).find(version);
        return place < 0 ? null : rows.get(index).entries[place];
    }

    /** The first entry after a version; null when there is none. */
    LogEntry after(final long version) {
        if (version >= lastVersion()) {
            return null;
        }
        final int index = rowAt(version);
        if (index < 0) {
            return rows.get(0).entries[0];
        }
        final Row row = rows.get(index);
        final int found = row.find(version);
        final int place = found < 0 ? -found - 1 : found + 1;
        return place < row.length ? row.entries[place] : rows.get(index + 1).entries[0];
    }

    /** The highest version; 0 when there is none. */
    long lastVersion() {
        return rows.isEmpty() ? 0 : rows.get(rows.size() - 1).last();
    }

    @Override
    public int size() {
        return size;
    }

    @Override
    public Iterator<LogEntry> iterator() {
        return new Iterator<>() {
            private int row;
            private int place;

            @Override
            public boolean hasNext() {
                return row < rows.size();
            }

            @Override
            public LogEntry next() {
                if (!hasNext()) {
                    throw new NoSuchElementException();
                }
                final LogEntry entry = rows.get(row).entries[place++];
                if (place == rows.get(row).length) {
                    row++;
                    place = 0;
                }
                return entry;
            }
        };
    }

    private void append(final LogEntry entry) {
        if (rows.isEmpty() || rows.get(rows.size() - 1).length == ROW_MAX) {
            rows.add(new Row());
        }
        final Row row = rows.get(rows.size() - 1);
        row.insert(row.length, entry);
        size++;
    }

    /** The row whose first version is the highest that is not above this one; -1 when all are. */
    private int rowAt(final long version) {
        int low = 0;
        int high = rows.size() - 1;
        while (low <= high) {
            final int middle = (low + high) >>> 1;
            if (rows.get(middle).first() <= version) {
                low = middle + 1;
            } else {
                high = middle - 1;
            }
        }
        return high;
    }
}
