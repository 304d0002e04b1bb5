package com.onebackend.registry.node;

import com.onebackend.registry.storage.StorageException;
import com.onebackend.registry.storage.StorageFullException;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.slf4j.bridge.SLF4JBridgeHandler;

/** The daemon's entry point: configuration in, a running node, a clean end on SIGTERM. */
public final class NodeMain {
    /** The configuration or the data folder cannot be used; restarting changes nothing (EX_CONFIG of sysexits.h). */
    static final int EXIT_CONFIG = 78;

    /** Something failed while running; a supervisor should start the node again. */
    static final int EXIT_FAILED = 1;

    private static final Logger LOG = LoggerFactory.getLogger(NodeMain.class);
    private static final long HALT_AFTER_MILLIS = 15_000;

    /** What this process acknowledged from here on might be lost: it takes no leave of its clients. */
    private static volatile boolean isFailing;

    private NodeMain() {}

    public static void main(final String[] args) throws InterruptedException {
        if (args.length > 0 && (args[0].equals("--help") || args[0].equals("-h"))) {
            NodeHelp.print();
            return;
        }
        SLF4JBridgeHandler.removeHandlersForRootLogger();
        SLF4JBridgeHandler.install();
        if (args.length > 0 && args[0].equals(LogRepair.FLAG)) {
            exit(repairLog(Arrays.copyOfRange(args, 1, args.length)));
            return;
        }
        final RegistryNode node;
        try {
            final NodeConfig config = NodeConfig.from(settings(System.getenv(), args));
            config.masked().forEach((name, value) -> LOG.info("config {}={}", name, value));
            node = RegistryNode.start(config, NodeMain::end);
        } catch (final StorageFullException e) {
            LOG.error("cannot start: {}", e.getMessage());
            exit(EXIT_FAILED);
            return;
        } catch (final ConfigException | StorageException | IllegalArgumentException e) {
            LOG.error("cannot start: {}", e.getMessage());
            exit(EXIT_CONFIG);
            return;
        } catch (final RuntimeException e) {
            LOG.error("cannot start: {}", e.getMessage(), e);
            exit(EXIT_FAILED);
            return;
        }
        Runtime.getRuntime().addShutdownHook(new Thread(() -> shutDown(node), "shutdown"));
        new CountDownLatch(1).await();
    }

    private static int repairLog(final String[] args) {
        try {
            final String done = LogRepair.run(
                    NodeConfig.from(settings(System.getenv(), args)).folder());
            LOG.info("{}", done);
            return 0;
        } catch (final ConfigException | StorageException e) {
            LOG.error("not repaired: {}", e.getMessage());
            return e instanceof StorageFullException ? EXIT_FAILED : EXIT_CONFIG;
        }
    }

    /** The environment, with flags of the same names over it: {@code --self-url X} or {@code --self-url=X}. */
    static Map<String, String> settings(final Map<String, String> environment, final String[] args) {
        final Map<String, String> settings = new LinkedHashMap<>();
        environment.forEach((name, value) -> {
            if (name.startsWith("OB_")) {
                settings.put(name, value);
            }
        });
        for (int i = 0; i < args.length; i++) {
            if (!args[i].startsWith("--")) {
                throw new ConfigException("unexpected argument " + args[i] + "; see --help");
            }
            final int equals = args[i].indexOf('=');
            final String flag = equals < 0 ? args[i].substring(2) : args[i].substring(2, equals);
            if (equals < 0 && i + 1 == args.length) {
                throw new ConfigException("--" + flag + " needs a value");
            }
            final String name = "OB_" + flag.toUpperCase(Locale.ROOT).replace('-', '_');
            if (name.endsWith("SECRET") || name.endsWith("PASSWORD")) {
                throw new ConfigException("a secret on the command line is visible to every user of the machine: set "
                        + name + " in the environment");
            }
            settings.put(name, equals < 0 ? args[++i] : args[i].substring(equals + 1));
        }
        return settings;
    }

    /**
     * Ends the process because it cannot go on: nothing is acknowledged any more, a supervisor starts it again. Halts
     * when an orderly end takes too long, for a node that can neither work nor end is the worst.
     */
    @SuppressWarnings("checkstyle:noGc")
    private static void end(final String why, final Throwable cause) {
        isFailing = true;
        final int status = cause instanceof ConfigException ? EXIT_CONFIG : EXIT_FAILED;
        if (status == EXIT_CONFIG) {
            LOG.error("this node cannot go on: {}", why);
        } else {
            LOG.error("this node cannot go on: {}", why, cause);
        }
        final Thread halt = new Thread(
                () -> {
                    try {
                        Thread.sleep(HALT_AFTER_MILLIS);
                    } catch (final InterruptedException e) {
                        Thread.currentThread().interrupt();
                    }
                    Runtime.getRuntime().halt(status);
                },
                "halt");
        halt.setDaemon(true);
        halt.start();
        // Not on the caller's thread: the shutdown hook may have to wait for it.
        new Thread(() -> exit(status), "exit").start();
    }

    private static void shutDown(final RegistryNode node) {
        if (isFailing) {
            node.close();
        } else {
            node.stop();
        }
    }

    private static void exit(final int status) {
        System.exit(status);
    }
}
