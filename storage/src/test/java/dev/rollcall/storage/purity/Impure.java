package dev.rollcall.storage.purity;

import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.SQLException;
import java.time.Instant;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executor;
import java.util.concurrent.locks.ReentrantLock;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** One class for each thing that is banned: a rule that lets one of them pass has gone blind. */
@SuppressWarnings("unused")
final class Impure {
    private Impure() {}

    static final class StartsThread {
        Thread thread(Runnable work) {
            return new Thread(work);
        }
    }

    static final class UsesExecutor {
        void run(Executor executor) {
            executor.execute(() -> {});
        }
    }

    static final class TakesLock {
        boolean locked(ReentrantLock lock) {
            return lock.isLocked();
        }
    }

    static final class IsSynchronized {
        synchronized int one() {
            return 1;
        }
    }

    static final class ReadsClock {
        long now() {
            return System.currentTimeMillis();
        }
    }

    static final class ReadsTicker {
        long now() {
            return System.nanoTime();
        }
    }

    static final class KnowsTime {
        Instant same(Instant time) {
            return time;
        }
    }

    static final class TakesChance {
        int next(Random random) {
            return random.nextInt();
        }
    }

    static final class TakesMathChance {
        double next() {
            return Math.random();
        }
    }

    static final class MakesUuid {
        Object next() {
            return UUID.randomUUID();
        }
    }

    static final class TouchesFiles {
        boolean there(Path path) {
            return Files.exists(path);
        }
    }

    static final class UsesHashMap {
        Object map() {
            return new HashMap<String, String>();
        }
    }

    static final class UsesHashSet {
        Object set() {
            return new HashSet<String>();
        }
    }

    static final class UsesConcurrentHashMap {
        Object map() {
            return new ConcurrentHashMap<String, String>();
        }
    }

    static final class UsesSetOf {
        Object set() {
            return Set.of("a", "b");
        }
    }

    static final class UsesMapOf {
        Object map() {
            return Map.of("a", "b");
        }
    }

    static final class CollectsToSet {
        Object set() {
            return Stream.of("a").collect(Collectors.toSet());
        }
    }

    static final class KnowsLocale {
        @SuppressWarnings("StringCaseLocaleUsage")
        String lower(String text) {
            return text.toLowerCase();
        }
    }

    static final class KnowsSql {
        int code(SQLException e) {
            return e.getErrorCode();
        }
    }
}
