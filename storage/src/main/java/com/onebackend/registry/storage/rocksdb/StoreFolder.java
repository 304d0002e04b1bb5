package com.onebackend.registry.storage.rocksdb;

import com.onebackend.registry.storage.StorageException;
import com.onebackend.registry.storage.StorageFullException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Comparator;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Stream;

/**
 * A data folder claimed by this process: made if need be, readable by its owner only, locked against other processes.
 *
 * <p>The database is first made under another name and renamed when complete, so that a folder that is there but not a
 * database is always damage, never a half-made start: RocksDB would otherwise begin an empty database over the rest of
 * an old one.
 *
 * <p><i>Thread:</i> one. <i>Lifecycle:</i> outlives the database in it.
 */
final class StoreFolder implements AutoCloseable {
    private static final String STORE = "store";
    private static final String CREATING = "store.creating";
    private static final String LOCK = "store.lock";
    private static final Set<PosixFilePermission> OWNER_ONLY = PosixFilePermissions.fromString("rwx------");
    private static final int LOCK_TEXT_BYTES_MAX = 64;

    /**
     * Folders claimed within this JVM. The file lock must not even be tried for those: closing any descriptor of a file
     * drops all of the process's POSIX locks on it.
     */
    private static final Set<Path> CLAIMED = ConcurrentHashMap.newKeySet();

    private final Path dataFolder;
    private final FileChannel lockFile;

    private StoreFolder(final Path dataFolder, final FileChannel lockFile) {
        this.dataFolder = dataFolder;
        this.lockFile = lockFile;
    }

    static StoreFolder claim(final Path dataFolder) {
        final Path real;
        try {
            Files.createDirectories(dataFolder, ownerOnly(dataFolder));
            real = dataFolder.toRealPath();
        } catch (FileAlreadyExistsException e) {
            throw new StorageException(dataFolder + " is a file: name a folder as data folder (OB_FOLDER)", e);
        } catch (IOException e) {
            throw new StorageException(
                    dataFolder + " cannot be made (" + e + "): make it for this user, or name another (OB_FOLDER)", e);
        }
        if (!CLAIMED.add(real)) {
            throw new StorageException(real + " is open in this process already: give each node a folder of its own");
        }
        try {
            return new StoreFolder(real, lock(real.resolve(LOCK)));
        } catch (RuntimeException e) {
            CLAIMED.remove(real);
            throw e;
        }
    }

    private static FileChannel lock(final Path file) {
        FileChannel channel = null;
        try {
            channel = FileChannel.open(
                    file,
                    Set.of(StandardOpenOption.CREATE, StandardOpenOption.READ, StandardOpenOption.WRITE),
                    fileOwnerOnly(file));
            if (channel.tryLock() == null) {
                throw new StorageException(file.getParent() + " is in use by " + holder(channel)
                        + ": stop that process, or give this node another folder (OB_FOLDER)");
            }
            final String text = "process " + ProcessHandle.current().pid();
            channel.truncate(0);
            channel.write(ByteBuffer.wrap(text.getBytes(StandardCharsets.UTF_8)), 0);
            return channel;
        } catch (IOException e) {
            release(channel, e);
            if (isFull(e)) {
                throw new StorageFullException(
                        file.getParent() + ": the disk is full (" + e + "): free space, then start the node again", e);
            }
            throw new StorageException(
                    file.getParent() + " cannot be written (" + e + "): give this user write access and free space", e);
        } catch (RuntimeException e) {
            release(channel, e);
            throw e;
        }
    }

    /** Java tells it by the text only. */
    private static boolean isFull(final IOException e) {
        final String text = String.valueOf(e.getMessage());
        return text.contains("No space left on device") || text.contains("Disk quota exceeded");
    }

    private static void release(final FileChannel channel, final Exception reason) {
        if (channel != null) {
            try {
                channel.close();
            } catch (IOException e) {
                reason.addSuppressed(e);
            }
        }
    }

    private static String holder(final FileChannel channel) throws IOException {
        final ByteBuffer text = ByteBuffer.allocate(LOCK_TEXT_BYTES_MAX);
        channel.read(text, 0);
        final String holder = new String(text.array(), 0, text.position(), StandardCharsets.UTF_8);
        return holder.isBlank() ? "another process" : holder;
    }

    /** The database's folder. */
    Path store() {
        return dataFolder.resolve(STORE);
    }

    /** True unless there is nothing at all. */
    boolean hasStore() {
        try (Stream<Path> files = Files.list(store())) {
            return files.findAny().isPresent();
        } catch (NoSuchFileException e) {
            return false;
        } catch (IOException e) {
            throw unreadable(store(), e);
        }
    }

    /** An empty folder to make a new database in; what a start that died has left there is deleted. */
    Path freshStore() {
        final Path creating = dataFolder.resolve(CREATING);
        try {
            if (Files.exists(creating)) {
                deleteTree(creating);
            }
            return Files.createDirectory(creating, ownerOnly(creating));
        } catch (IOException e) {
            throw unreadable(creating, e);
        }
    }

    /** Makes what was made in {@link #freshStore} the database, durably. */
    void publishFreshStore() {
        try {
            Files.move(dataFolder.resolve(CREATING), store(), StandardCopyOption.ATOMIC_MOVE);
            if (isPosix(dataFolder)) {
                try (FileChannel folder = FileChannel.open(dataFolder, StandardOpenOption.READ)) {
                    folder.force(true);
                }
            }
        } catch (IOException e) {
            throw unreadable(store(), e);
        }
    }

    /** Takes the database's folder from everybody but its owner, should somebody have opened it up. */
    void protectStore() {
        final Path store = store();
        try {
            if (isPosix(store) && !Files.getPosixFilePermissions(store).equals(OWNER_ONLY)) {
                Files.setPosixFilePermissions(store, OWNER_ONLY);
            }
        } catch (IOException e) {
            throw new StorageException(
                    store + " holds account and signing keys and cannot be made private (" + e
                            + "): make it owned by this user, mode 0700",
                    e);
        }
    }

    /** The bytes of all files of the database now. */
    long sizeBytes() {
        try (Stream<Path> files = Files.list(store())) {
            return files.mapToLong(StoreFolder::fileBytes).sum();
        } catch (IOException | UncheckedIOException e) {
            throw unreadable(store(), e);
        }
    }

    private static long fileBytes(final Path file) {
        try {
            return Files.size(file);
        } catch (NoSuchFileException e) {
            return 0; // compacted away since it was listed
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static void deleteTree(final Path root) throws IOException {
        final List<Path> paths;
        try (Stream<Path> tree = Files.walk(root)) {
            paths = tree.sorted(Comparator.reverseOrder()).toList();
        }
        for (final Path path : paths) {
            Files.delete(path);
        }
    }

    private static StorageException unreadable(final Path path, final Exception e) {
        if (e instanceof IOException io && isFull(io)) {
            return new StorageFullException(path + ": the disk is full (" + e + "): free space, then start again", e);
        }
        return new StorageException(
                path + " cannot be read or written (" + e + "): check the disk, its free space and the permissions", e);
    }

    private static boolean isPosix(final Path path) {
        return path.getFileSystem().supportedFileAttributeViews().contains("posix");
    }

    private static FileAttribute<?>[] ownerOnly(final Path path) {
        return isPosix(path)
                ? new FileAttribute<?>[] {PosixFilePermissions.asFileAttribute(OWNER_ONLY)}
                : new FileAttribute<?>[0];
    }

    private static FileAttribute<?>[] fileOwnerOnly(final Path path) {
        return isPosix(path)
                ? new FileAttribute<?>[] {
                    PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------"))
                }
                : new FileAttribute<?>[0];
    }

    @Override
    public void close() {
        try {
            lockFile.close();
        } catch (IOException e) {
            throw unreadable(dataFolder.resolve(LOCK), e);
        } finally {
            CLAIMED.remove(dataFolder);
        }
    }
}
