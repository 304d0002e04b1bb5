package com.onebackend.registry.node.catalog;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import com.onebackend.registry.api.RegistryException;
import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What Raft has really written, damaged in every way: refused or cut off, never taken for a shorter log. */
class RaftLogIT {
    private static final int FLIPS = 300;
    private static final int WRITES = 25;
    private static final int UNFINISHED_BYTES = 10;

    /** A folder that never had a snapshot: all of the log is there. */
    @TempDir
    private static Path whole;

    /** One whose log begins behind a snapshot. */
    @TempDir
    private static Path behindSnapshot;

    private static Path wholeGroup;
    private static Path behindSnapshotGroup;

    private final Random random = new Random(Long.getLong("registry.seed", 20_261_122L));

    @TempDir
    private Path copies;

    private Path group;

    @BeforeAll
    static void write() throws Exception {
        wholeGroup = write(whole, CatalogConfig.Snapshots.DEFAULT);
        behindSnapshotGroup = write(behindSnapshot, new CatalogConfig.Snapshots(20, 0));
    }

    /** Every start is another term, and every term another segment. */
    private static Path write(final Path folder, final CatalogConfig.Snapshots snapshots) throws Exception {
        final Path group;
        try (TestCluster cluster = new TestCluster(folder, snapshots)) {
            CatalogService service = cluster.found("n1");
            group = cluster.config(cluster.member("n1")).groupFolder(CatalogEpoch.FIRST);
            for (int run = 0; run < 3; run++) {
                for (int i = 0; i < WRITES; i++) {
                    service.write(Samples.save("d" + run + "-" + "x".repeat(i)))
                            .get(5, TimeUnit.SECONDS)
                            .orThrow();
                }
                final long written = service.appliedIndex();
                await().atMost(Duration.ofSeconds(30))
                        .until(() -> RaftLogFloor.read(group).index() >= written);
                if (run < 2) {
                    cluster.stop("n1");
                    service = cluster.restart("n1");
                    assertThat(service.awaitReady(Duration.ofSeconds(30))).isTrue();
                }
            }
        }
        return group;
    }

    @BeforeEach
    void copy() throws IOException {
        group = copy(wholeGroup, copies.resolve("whole").resolve(wholeGroup.getFileName()));
        setFloor(openSegment().last(), RaftLogFloor.thisBoot());
    }

    private static Path copy(final Path from, final Path to) throws IOException {
        Files.createDirectories(to.getParent());
        try (Stream<Path> files = Files.walk(from)) {
            for (final Path file : files.toList()) {
                Files.copy(file, to.resolve(from.relativize(file).toString()));
            }
        }
        return to;
    }

    private void useTheOneBehindASnapshot() throws IOException {
        group = copy(behindSnapshotGroup, copies.resolve("behind").resolve(behindSnapshotGroup.getFileName()));
        setFloor(openSegment().last(), RaftLogFloor.thisBoot());
        // Raft keeps two; without the newest the log must not be taken for one that begins behind the other.
        final Path newest = snapshot();
        try (DirectoryStream<Path> snapshots = Files.newDirectoryStream(group.resolve("sm"))) {
            for (final Path file : snapshots) {
                if (!file.getFileName()
                        .toString()
                        .startsWith(newest.getFileName().toString())) {
                    Files.delete(file);
                }
            }
        }
    }

    private RaftLogVerdict.Kind kind() throws IOException {
        return RaftLogCheck.of(group).kind();
    }

    private List<RaftSegmentFile> segments() throws IOException {
        return RaftSegmentFile.in(group.resolve("current"));
    }

    private RaftSegmentScan openSegment() throws IOException {
        final List<RaftSegmentFile> segments = segments();
        final RaftSegmentFile last = segments.get(segments.size() - 1);
        assertThat(last.isOpen()).isTrue();
        return RaftSegmentScan.of(last);
    }

    private Path snapshot() throws IOException {
        return RaftSnapshotFile.newest(group.resolve("sm")).path();
    }

    /** Zeros from {@code from} on, and some more of them: space that Raft had reserved. */
    private static void zero(final Path file, final int from) throws IOException {
        final byte[] bytes = Files.readAllBytes(file);
        Arrays.fill(bytes, from, bytes.length, (byte) 0);
        Files.write(file, Arrays.copyOf(bytes, bytes.length + 8_192));
    }

    private void setFloor(final long index, final String boot) throws IOException {
        new RaftLogFloor(index, 1, boot).write(group);
    }

    /** The last entry, as a machine that lost power while writing it leaves it; returns its index. */
    private long tearLastEntry(final String boot) throws IOException {
        final RaftSegmentScan open = openSegment();
        setFloor(open.last() - 1, boot);
        zero(open.segment().path(), open.end() - UNFINISHED_BYTES);
        return open.last();
    }

    @Test
    void whatRaftWroteIsGood() throws Exception {
        assertThat(segments()).hasSizeGreaterThan(2);
        assertThat(kind()).isEqualTo(RaftLogVerdict.Kind.GOOD);
        useTheOneBehindASnapshot();
        assertThat(segments().get(0).first()).isGreaterThan(0);
        assertThat(kind()).isEqualTo(RaftLogVerdict.Kind.GOOD);
        assertThat(RaftLogCheck.of(copies.resolve("no-such-folder")).kind()).isEqualTo(RaftLogVerdict.Kind.GOOD);
    }

    @Test
    void noFlippedBitOfAnySegmentGoesUnnoticed() throws Exception {
        for (final RaftSegmentFile segment : segments()) {
            final byte[] bytes = Files.readAllBytes(segment.path());
            for (int i = 0; i < FLIPS; i++) {
                final int at = random.nextInt(bytes.length);
                final byte[] flipped = bytes.clone();
                flipped[at] ^= (byte) (1 << random.nextInt(8));
                Files.write(segment.path(), flipped);
                final RaftLogVerdict verdict = RaftLogCheck.of(group);
                assertThat(verdict.kind())
                        .as("byte %d of %s", at, segment.path())
                        .isEqualTo(RaftLogVerdict.Kind.DAMAGED);
                assertThat(verdict.file()).isEqualTo(segment.path());
            }
            Files.write(segment.path(), bytes);
        }
    }

    @Test
    void flippedBitWithEntriesBehindItIsNeverATornTail() throws Exception {
        final RaftSegmentScan open = openSegment();
        setFloor(-1, "another boot");
        final byte[] bytes = Files.readAllBytes(open.segment().path());
        for (int i = 0; i < FLIPS; i++) {
            final byte[] flipped = bytes.clone();
            flipped[8 + random.nextInt(open.end() / 2)] ^= (byte) (1 << random.nextInt(8));
            Files.write(open.segment().path(), flipped);
            assertThat(kind()).isEqualTo(RaftLogVerdict.Kind.DAMAGED);
        }
    }

    @Test
    void everyMissingFileIsNoticed() throws Exception {
        final List<Path> files = new ArrayList<>();
        segments().forEach(segment -> files.add(segment.path()));
        files.add(group.resolve("current/raft-meta"));
        assertEachIsMissed(files);

        useTheOneBehindASnapshot();
        files.clear();
        segments().forEach(segment -> files.add(segment.path()));
        files.addAll(List.of(
                snapshot(),
                snapshot().resolveSibling(snapshot().getFileName() + ".md5"),
                group.resolve("current/raft-meta")));
        assertEachIsMissed(files);
    }

    private void assertEachIsMissed(final List<Path> files) throws IOException {
        for (final Path file : files) {
            final byte[] bytes = Files.readAllBytes(file);
            Files.delete(file);
            assertThat(kind()).as("without " + file).isEqualTo(RaftLogVerdict.Kind.DAMAGED);
            Files.write(file, bytes);
            assertThat(kind()).isEqualTo(RaftLogVerdict.Kind.GOOD);
        }
    }

    @Test
    void emptiedSegmentIsNotAnEmptyLog() throws Exception {
        final RaftSegmentScan open = openSegment();
        zero(open.segment().path(), 0);
        final RaftLogVerdict verdict = RaftLogCheck.of(group);
        assertThat(verdict.kind()).isEqualTo(RaftLogVerdict.Kind.DAMAGED);
        assertThat(verdict.what()).contains("up to entry " + open.last());

        copyBack(open);
        Files.write(open.segment().path(), new byte[0]);
        assertThat(kind()).isEqualTo(RaftLogVerdict.Kind.DAMAGED);
    }

    private void copyBack(final RaftSegmentScan open) throws IOException {
        Files.copy(
                wholeGroup.resolve("current").resolve(open.segment().path().getFileName()),
                open.segment().path(),
                StandardCopyOption.REPLACE_EXISTING);
        assertThat(kind()).isEqualTo(RaftLogVerdict.Kind.GOOD);
    }

    @Test
    void damagedSnapshotIsNoticed() throws Exception {
        useTheOneBehindASnapshot();
        final byte[] bytes = Files.readAllBytes(snapshot());
        bytes[random.nextInt(bytes.length)] ^= 1;
        Files.write(snapshot(), bytes);
        final RaftLogVerdict verdict = RaftLogCheck.of(group);
        assertThat(verdict.kind()).isEqualTo(RaftLogVerdict.Kind.DAMAGED);
        assertThat(verdict.refusal(copies)).contains(snapshot().toString(), "OB_REJOIN=new-generation");
    }

    @Test
    void termThatIsOlderThanTheLogIsNoticed() throws Exception {
        final Path meta = group.resolve("current/raft-meta");
        final String text = Files.readString(meta);
        Files.writeString(meta, text.replaceAll("term=\\d+", "term=1"));
        assertThat(kind()).isEqualTo(RaftLogVerdict.Kind.DAMAGED);
        Files.writeString(meta, text.substring(0, text.indexOf("term=") + 4));
        assertThat(kind()).isEqualTo(RaftLogVerdict.Kind.DAMAGED);
        Files.write(meta, new byte[text.length()]);
        assertThat(kind()).isEqualTo(RaftLogVerdict.Kind.DAMAGED);
    }

    @Test
    void tornLastEntryIsCutOffByTheOperatorOnly() throws Exception {
        final long torn = tearLastEntry("another boot");
        final Path file = openSegment().segment().path();
        final byte[] asItWas = Files.readAllBytes(file);

        final RaftLogVerdict verdict = RaftLogCheck.of(group);
        assertThat(verdict.kind()).isEqualTo(RaftLogVerdict.Kind.TORN);
        assertThat(verdict.refusal(copies)).contains(file.toString(), "entry " + torn, "--repair-log");
        assertThat(Files.readAllBytes(file)).isEqualTo(asItWas);

        final String done = RaftLogRepair.run(copies, group);
        assertThat(kind()).isEqualTo(RaftLogVerdict.Kind.GOOD);
        assertThat(openSegment().last()).isEqualTo(torn - 1);
        assertThat(Files.readAllBytes(Path.of(done.substring(done.lastIndexOf(' ') + 1))))
                .isEqualTo(asItWas);
        assertThat(RaftLogRepair.run(copies, group)).contains("nothing was changed");
    }

    @Test
    void entryThatAKilledProcessLeftUnfinishedIsKnownToBeSo() throws Exception {
        tearLastEntry(RaftLogFloor.thisBoot());
        assertThat(kind()).isEqualTo(RaftLogVerdict.Kind.UNFINISHED);
    }

    @Test
    void entryThatEndsWithinItsChecksumIsUnfinished() throws Exception {
        final RaftSegmentScan open = openSegment();
        final Path file = open.segment().path();
        setFloor(open.last() - 1, RaftLogFloor.thisBoot());
        final byte[] bytes = Files.readAllBytes(file);
        for (int missing = 1; missing <= Integer.BYTES; missing++) {
            zero(file, open.end() - missing);
            final RaftLogVerdict.Kind expected = bytes[open.end() - 1] == 0 && missing == 1
                    ? RaftLogVerdict.Kind.GOOD
                    : RaftLogVerdict.Kind.UNFINISHED;
            assertThat(kind()).as("%d bytes are missing", missing).isEqualTo(expected);
            Files.write(file, bytes);
        }
        final byte[] wrong = bytes.clone();
        wrong[open.end() - Integer.BYTES] ^= 1;
        Files.write(file, wrong);
        assertThat(kind()).as("complete, but wrong").isEqualTo(RaftLogVerdict.Kind.TORN);
    }

    @Test
    void closedFileThatRaftHadCutAndNotRenamedYetIsRenamed() throws Exception {
        // A new leader's log differs from here: the files behind go, this one is cut, then gets the name of its new
        // end.
        final List<RaftSegmentFile> segments = segments();
        final RaftSegmentFile closed = segments.get(segments.size() - 2);
        Files.delete(openSegment().segment().path());
        final byte[] bytes = Files.readAllBytes(closed.path());
        assertThat(bytes[8]).as("length of the first record").isPositive();
        Files.write(closed.path(), Arrays.copyOf(bytes, 8 + 1 + bytes[8] + Integer.BYTES));

        setFloor(closed.first(), "another boot");
        assertThat(kind()).isEqualTo(RaftLogVerdict.Kind.DAMAGED);
        setFloor(closed.first() + 1, RaftLogFloor.thisBoot());
        assertThat(kind()).as("it was committed").isEqualTo(RaftLogVerdict.Kind.DAMAGED);
        setFloor(closed.first(), RaftLogFloor.thisBoot());
        assertThat(kind()).isEqualTo(RaftLogVerdict.Kind.UNFINISHED);
        RaftFolder.cut(RaftLogCheck.of(group));
        assertThat(kind()).isEqualTo(RaftLogVerdict.Kind.GOOD);
        assertThat(segments().get(segments().size() - 1).path().getFileName())
                .hasToString("log_" + closed.first() + "-" + closed.first());
    }

    @Test
    void pageThatAPowerCutLeftOutIsCutOffByTheOperatorOnly() throws Exception {
        final RaftSegmentScan open = openSegment();
        final Path file = open.segment().path();
        final byte[] bytes = Files.readAllBytes(file);
        // Only the first entries had been synced; of what was on its way then, the beginning did not arrive.
        Arrays.fill(bytes, 8 + (open.end() - 8) / 2, 8 + (open.end() - 8) / 2 + 100, (byte) 0);
        Files.write(file, bytes);
        final RaftSegmentScan left = openSegment();
        assertThat(left.last()).isLessThan(open.last() - 1);

        for (final long floor : new long[] {-1, left.last() + 1}) {
            setFloor(floor, RaftLogFloor.thisBoot());
            assertThat(kind()).as("known up to %d", floor).isEqualTo(RaftLogVerdict.Kind.DAMAGED);
        }
        setFloor(left.last(), RaftLogFloor.thisBoot());
        final RaftLogVerdict verdict = RaftLogCheck.of(group);
        assertThat(verdict.kind()).isEqualTo(RaftLogVerdict.Kind.TORN);
        assertThat(verdict.refusal(copies)).contains("behind it", "lost power or crashed", "--repair-log");
        assertThat(RaftLogRepair.run(copies, group)).contains("cut off after");
        assertThat(kind()).isEqualTo(RaftLogVerdict.Kind.GOOD);
        assertThat(openSegment().last()).isEqualTo(left.last());
    }

    @Test
    void entryThatWasOnDiskIsNeverCutOff() throws Exception {
        final long torn = tearLastEntry("another boot");
        setFloor(torn, RaftLogFloor.thisBoot());
        final Path file = openSegment().segment().path();
        final byte[] asItWas = Files.readAllBytes(file);
        assertThat(kind()).isEqualTo(RaftLogVerdict.Kind.DAMAGED);
        assertThatThrownBy(() -> RaftLogRepair.run(copies, group))
                .isInstanceOf(RegistryException.class)
                .hasMessageContainingAll("nothing was changed", file.toString(), "OB_REJOIN=new-generation");
        assertThat(Files.readAllBytes(file)).isEqualTo(asItWas);
    }

    @Test
    void damagedFloorIsNotBelieved() throws Exception {
        final Path floor = RaftLogFloor.file(group);
        final byte[] bytes = Files.readAllBytes(floor);
        assertThat(RaftLogFloor.read(group).index()).isGreaterThan(2 * WRITES);
        bytes[0] ^= 1;
        Files.write(floor, bytes);
        assertThat(RaftLogFloor.read(group)).isEqualTo(RaftLogFloor.UNKNOWN);
        Files.write(floor, new byte[0]);
        assertThat(RaftLogFloor.read(group)).isEqualTo(RaftLogFloor.UNKNOWN);
    }

    @Test
    void whatIsKnownOfTheLogIsNotForgottenWhileThereIsNoMajority() throws Exception {
        try (TestCluster cluster = new TestCluster(copies.resolve("two"), CatalogConfig.Snapshots.DEFAULT)) {
            cluster.found("n1");
            group = cluster.config(cluster.member("n1")).groupFolder(CatalogEpoch.FIRST);
            // A process that is killed within its first second has written entries, too.
            assertThat(RaftLogFloor.read(group).isOfThisBoot()).isTrue();
            cluster.join("n2");
            final String leader = cluster.awaitLeader();
            cluster.member(leader)
                    .service
                    .write(Samples.save("one"))
                    .get(5, TimeUnit.SECONDS)
                    .orThrow();
            final long written = cluster.member("n1").service.appliedIndex();
            await().atMost(Duration.ofSeconds(30))
                    .until(() -> RaftLogFloor.read(group).index() >= written);
            cluster.stop("n2");
            cluster.stop("n1");
            final RaftLogFloor before = RaftLogFloor.read(group);

            cluster.restart("n1");
            // Raft knows of nothing that is committed then, and what it knows is looked at every second.
            await().during(Duration.ofSeconds(3))
                    .atMost(Duration.ofSeconds(10))
                    .until(() -> RaftLogFloor.read(group).index() >= before.index());
        }
    }

    @Test
    void snapshotThatFailsLeavesNothingBehind() throws Exception {
        try (TestCluster cluster = new TestCluster(copies.resolve("one"), CatalogConfig.Snapshots.DEFAULT)) {
            final CatalogService service = cluster.found("n1");
            final Path snapshots = cluster.config(cluster.member("n1"))
                    .groupFolder(CatalogEpoch.FIRST)
                    .resolve("sm");
            service.write(Samples.save("one")).get(5, TimeUnit.SECONDS).orThrow();
            final CatalogFigures now = service.reports().figures();
            // Its checksum cannot be put into its place; an entry may come in between.
            for (long index = now.appliedIndex(); index < now.appliedIndex() + 10; index++) {
                Files.createDirectories(snapshots.resolve("snapshot." + now.term() + "_" + index + ".md5/x"));
            }
            final Thread asking = new Thread(() -> {
                try {
                    service.takeSnapshot();
                } catch (final IOException e) {
                    // Expected, at the latest when the service ends.
                }
            });
            asking.setDaemon(true);
            asking.start();
            await().atMost(Duration.ofSeconds(30))
                    .until(() -> service.reports().counters().snapshots(false) > 0);
            try (Stream<Path> left = Files.list(snapshots)) {
                assertThat(left.map(Path::toString)).noneMatch(file -> file.endsWith(".partial"));
            }
            assertThat(service.write(Samples.save("two"))
                            .get(5, TimeUnit.SECONDS)
                            .isOk())
                    .isTrue();
        }
    }

    @Test
    void nodeRefusesADamagedLogAndStartsBehindAnUnfinishedEntry() throws Exception {
        try (TestCluster cluster = new TestCluster(copies.resolve("node"), CatalogConfig.Snapshots.DEFAULT)) {
            final CatalogService service = cluster.found("n1");
            service.write(Samples.save("one")).get(5, TimeUnit.SECONDS).orThrow();
            group = cluster.config(cluster.member("n1")).groupFolder(CatalogEpoch.FIRST);
            final long written = service.appliedIndex();
            await().atMost(Duration.ofSeconds(30))
                    .until(() -> RaftLogFloor.read(group).index() >= written);
            cluster.stop("n1");

            // What Raft leaves when the disk was full.
            Files.write(group.resolve("current/raft-meta"), new byte[0]);
            // What installing or taking a snapshot leaves when it is interrupted.
            Files.move(group.resolve("sm"), group.resolve("sm.tmp20261122"));
            Files.createDirectories(group.resolve("tmp/snapshot-1"));
            appendHalfAnEntry();
            final CatalogService again = cluster.restart("n1");
            assertThat(again.awaitReady(Duration.ofSeconds(30))).isTrue();
            assertThat(again.definition("one")).isNotNull();
            assertThat(Files.readString(group.resolve("current/raft-meta"))).containsPattern("term=1\\d\\d\\d");
            assertThat(group.resolve("sm")).isDirectory();
            assertThat(group.resolve("sm.tmp20261122")).doesNotExist();
            assertThat(group.resolve("tmp/snapshot-1")).doesNotExist();
            cluster.stop("n1");

            final Path file = segments().get(0).path();
            final byte[] bytes = Files.readAllBytes(file);
            bytes[10] ^= 1;
            Files.write(file, bytes);
            assertThatThrownBy(() -> cluster.restart("n1"))
                    .isInstanceOf(RegistryException.class)
                    .hasMessageStartingWith(file.toString())
                    .hasMessageContaining("OB_REJOIN=new-generation");
        }
    }

    /** The first half of the last entry once more, then what Raft had reserved. */
    private void appendHalfAnEntry() throws IOException {
        final RaftSegmentScan open = openSegment();
        final byte[] bytes = Files.readAllBytes(open.segment().path());
        final byte[] more = Arrays.copyOf(bytes, open.end() + 4_096);
        System.arraycopy(bytes, 8, more, open.end(), 20);
        Arrays.fill(more, open.end() + 20, more.length, (byte) 0);
        Files.write(open.segment().path(), more);
        assertThat(kind()).isEqualTo(RaftLogVerdict.Kind.UNFINISHED);
    }
}
