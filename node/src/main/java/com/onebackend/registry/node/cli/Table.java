package com.onebackend.registry.node.cli;

import java.io.PrintStream;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.ArrayList;
import java.util.List;

/** Rows under a header, in columns as wide as their content; an empty cell shows as {@code -}. */
final class Table {
    private static final int GAP = 3;
    private static final long MINUTE_SECONDS = 60;
    private static final long HOUR_SECONDS = 60 * MINUTE_SECONDS;
    private static final long DAY_SECONDS = 24 * HOUR_SECONDS;

    private final List<List<String>> rows = new ArrayList<>();

    Table(final String... header) {
        rows.add(List.of(header));
    }

    void add(final String... cells) {
        final List<String> row = new ArrayList<>(cells.length);
        for (final String cell : cells) {
            row.add(cell.isEmpty() ? "-" : printable(cell));
        }
        rows.add(row);
    }

    void print(final PrintStream out) {
        final int columns = rows.get(0).size();
        final int[] widths = new int[columns];
        for (final List<String> row : rows) {
            for (int column = 0; column < columns; column++) {
                widths[column] = Math.max(widths[column], width(row.get(column)));
            }
        }
        final StringBuilder line = new StringBuilder();
        for (final List<String> row : rows) {
            line.setLength(0);
            for (int column = 0; column < columns; column++) {
                final String cell = row.get(column);
                line.append(cell);
                if (column < columns - 1) {
                    line.append(" ".repeat(widths[column] - width(cell) + GAP));
                }
            }
            out.append(line).append('\n');
        }
    }

    /**
     * How long ago: whole seconds below a minute, then minutes, hours, days; {@code 0s ago} for what lies ahead, as
     * clocks differ; empty for no time or the zero time of year 1; the text itself when it is no RFC 3339 time.
     */
    static String ago(final String time, final Instant now) {
        if (time.isEmpty() || time.startsWith("0001-01-01T")) {
            return "";
        }
        final long seconds;
        try {
            final Instant then = OffsetDateTime.parse(time).toInstant();
            seconds = Math.max(0, Duration.between(then, now).toSeconds());
        } catch (DateTimeException e) {
            return time; // a newer server may know better than this client what to show
        }
        if (seconds < MINUTE_SECONDS) {
            return seconds + "s ago";
        }
        if (seconds < HOUR_SECONDS) {
            return seconds / MINUTE_SECONDS + "m ago";
        }
        return seconds < DAY_SECONDS ? seconds / HOUR_SECONDS + "h ago" : seconds / DAY_SECONDS + "d ago";
    }

    /** The text without control characters: whoever wrote a record must not be able to drive the reader's terminal. */
    static String printable(final String text) {
        if (text.chars().noneMatch(Character::isISOControl)) {
            return text;
        }
        final StringBuilder clean = new StringBuilder(text);
        for (int i = 0; i < clean.length(); i++) {
            if (Character.isISOControl(clean.charAt(i))) {
                clean.setCharAt(i, '?');
            }
        }
        return clean.toString();
    }

    private static int width(final String cell) {
        return cell.codePointCount(0, cell.length());
    }
}
