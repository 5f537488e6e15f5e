package dev.rollcall.storage.mvcc;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.protobuf.ByteString;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Iterator;
import java.util.List;
import java.util.NavigableMap;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicReference;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.Test;

/** The index of keys against a sorted map, and under readers. */
class KeyIndexTest {
    @Test
    void agreesWithASortedMap() {
        for (long seed = 1; seed <= 20; seed++) {
            RandomGenerator random = new SplittableRandom(seed);
            KeyIndex index = new KeyIndex();
            NavigableMap<byte[], KeyHistory> model = new TreeMap<>(Arrays::compareUnsigned);
            int keys = 1 << random.nextInt(4, 13);
            for (int step = 0; step < 20_000; step++) {
                byte[] key = key(random, keys);
                if (random.nextInt(100) < (step / 4_000 % 2 == 0 ? 70 : 40)) {
                    KeyHistory history = index.getOrAdd(key);
                    KeyHistory before = model.putIfAbsent(key, history);
                    assertSame(before == null ? history : before, history, "seed " + seed);
                } else {
                    KeyHistory gone = model.remove(key);
                    assertSame(gone, index.get(key), "seed " + seed);
                    if (gone != null) {
                        index.remove(gone);
                    }
                }
                if (step % 100 == 0) {
                    compare(random, index, model, keys);
                }
            }
            assertEquals(List.copyOf(model.values()), list(index.all()), "seed " + seed);
        }
    }

    private static void compare(
            RandomGenerator random, KeyIndex index, NavigableMap<byte[], KeyHistory> model, int keys) {
        byte[] from = key(random, keys);
        byte[] to = key(random, keys);
        List<KeyHistory> expected = Arrays.compareUnsigned(from, to) >= 0
                ? List.of()
                : List.copyOf(model.subMap(from, true, to, false).values());
        assertEquals(expected, list(index.in(range(from, to))));
        assertEquals(List.copyOf(model.tailMap(from, true).values()), list(index.in(range(from, new byte[] {0}))));
        KeyHistory only = model.get(from);
        assertEquals(only == null ? List.of() : List.of(only), list(index.in(range(from, new byte[0]))));
    }

    /** Keys that come in order fill their blocks, and are found again in them. */
    @Test
    void keysInOrder() {
        KeyIndex index = new KeyIndex();
        for (int i = 0; i < 100_000; i++) {
            index.getOrAdd(String.format("%08d", i).getBytes(UTF_8));
        }
        int next = 0;
        for (KeyHistory history : index.all()) {
            assertEquals(next++, Integer.parseInt(new String(history.key, UTF_8)));
            assertSame(history, index.get(history.key));
        }
        assertEquals(100_000, next);
        assertNull(index.get(new byte[] {1}));
    }

    /** More keys of one place than it has room for: all of them are found, by the order if need be. */
    @Test
    void keysThatAllWantOnePlace() {
        KeyIndex index = new KeyIndex();
        List<byte[]> crowd = new ArrayList<>();
        for (long i = 0; crowd.size() < 3 * KeyTable.PROBES; i++) {
            byte[] key = Long.toString(i).getBytes(UTF_8);
            if ((KeyTable.hash(key) & 0xFFF) == 7) {
                crowd.add(key);
            }
        }
        for (byte[] key : crowd) {
            index.getOrAdd(key);
        }
        for (byte[] key : crowd) {
            KeyHistory history = index.get(key);
            assertTrue(history != null && Arrays.equals(history.key, key));
        }
        for (byte[] key : crowd) {
            index.remove(index.getOrAdd(key));
            assertNull(index.get(key));
        }
    }

    /** While keys come and go, a reader meets those that stay: each once, in order, and by name. */
    @Test
    void readersMeetWhatStays() throws Exception {
        KeyIndex index = new KeyIndex();
        List<byte[]> staying = new ArrayList<>();
        for (int i = 0; i < 2_000; i += 2) {
            staying.add(bytes(i));
            index.getOrAdd(bytes(i));
        }
        AtomicReference<Throwable> wrong = new AtomicReference<>();
        CountDownLatch rounds = new CountDownLatch(200);
        Thread reader = new Thread(() -> {
            try {
                while (rounds.getCount() > 0) {
                    Iterator<byte[]> expected = staying.iterator();
                    byte[] last = new byte[0];
                    byte[] wanted = expected.next();
                    for (KeyHistory history : index.all()) {
                        assertTrue(Arrays.compareUnsigned(last, history.key) < 0, "out of order");
                        last = history.key;
                        if (Arrays.equals(wanted, last)) {
                            wanted = expected.hasNext() ? expected.next() : new byte[0];
                        }
                    }
                    assertEquals(0, wanted.length, "a key that stays was not met");
                    for (byte[] key : staying) {
                        assertTrue(index.get(key) != null, "a key that stays was not found");
                    }
                    rounds.countDown();
                }
            } catch (Throwable e) {
                wrong.set(e);
            }
        });
        reader.start();
        SplittableRandom random = new SplittableRandom(11);
        while (rounds.getCount() > 0 && wrong.get() == null) {
            byte[] key = bytes(random.nextInt(1_000) * 2 + 1);
            KeyHistory there = index.get(key);
            if (there == null) {
                index.getOrAdd(key);
            } else {
                index.remove(there);
            }
        }
        reader.join();
        assertNull(wrong.get());
    }

    private static byte[] bytes(int number) {
        return new byte[] {(byte) (number >>> 8), (byte) number};
    }

    private static byte[] key(RandomGenerator random, int keys) {
        return Integer.toString(random.nextInt(keys)).getBytes(UTF_8);
    }

    private static KeyRange range(byte[] from, byte[] to) {
        return KeyRange.of(ByteString.copyFrom(from), ByteString.copyFrom(to));
    }

    private static List<KeyHistory> list(Iterable<KeyHistory> histories) {
        List<KeyHistory> all = new ArrayList<>();
        histories.forEach(all::add);
        return all;
    }
}
