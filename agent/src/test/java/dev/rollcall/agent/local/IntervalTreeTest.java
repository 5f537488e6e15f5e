package dev.rollcall.agent.local;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.protobuf.ByteString;
import dev.rollcall.storage.mvcc.KeyRange;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class IntervalTreeTest {
    private static final int STEPS = 4_000;

    private record Placed(KeyRange range, int element) {}

    /** Short keys over few letters, zero and 0xff among them: ranges that meet, nest, repeat and end at each other. */
    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8})
    void findsWhatLookingAtEachFinds(long seed) {
        SplittableRandom random = new SplittableRandom(seed);
        IntervalTree<Integer> tree = new IntervalTree<>();
        List<Placed> model = new ArrayList<>();
        int share = random.nextInt(40, 80);
        for (int step = 0; step < STEPS; step++) {
            if (model.isEmpty() || random.nextInt(100) < share) {
                add(random, tree, model, step);
            } else {
                Placed gone = model.remove(random.nextInt(model.size()));
                assertTrue(tree.remove(gone.range, gone.element), "seed " + seed + " step " + step);
            }
            assertEquals(model.size(), tree.size());
            if (step % 7 == 0) {
                compare(tree, model, key(random), "seed " + seed + " step " + step);
            }
        }
        assertEquals(new HashSet<>(model.stream().map(Placed::element).toList()), new HashSet<>(tree.all()));
        for (Placed placed : model) {
            assertTrue(tree.remove(placed.range, placed.element));
        }
        assertEquals(0, tree.height());
        assertTrue(tree.all().isEmpty());
    }

    private static void add(SplittableRandom random, IntervalTree<Integer> tree, List<Placed> model, int step) {
        KeyRange range = model.isEmpty() || random.nextInt(4) > 0
                ? range(random)
                : model.get(random.nextInt(model.size())).range; // several share a range
        model.add(new Placed(range, step));
        assertTrue(tree.add(range, step));
    }

    private static void compare(IntervalTree<Integer> tree, List<Placed> model, byte[] key, String where) {
        Set<Integer> expected = new HashSet<>();
        for (Placed placed : model) {
            if (placed.range.contains(key)) {
                expected.add(placed.element);
            }
        }
        List<Integer> found = new ArrayList<>();
        tree.forEachAround(key, found::add);
        assertEquals(expected, new HashSet<>(found), where);
        assertEquals(expected.size(), found.size(), "found twice: " + where);
    }

    @Test
    void staysFlatWhateverTheOrder() {
        IntervalTree<Integer> rising = new IntervalTree<>();
        IntervalTree<Integer> falling = new IntervalTree<>();
        int ranges = 10_000;
        for (int i = 0; i < ranges; i++) {
            rising.add(prefix(i), i);
            falling.add(prefix(ranges - i), i);
        }
        int most = (int) Math.ceil(1.45 * Math.log(ranges + 2) / Math.log(2));
        assertTrue(rising.height() <= most, "height " + rising.height());
        assertTrue(falling.height() <= most, "height " + falling.height());
        for (int i = 0; i < ranges; i++) {
            if (i % 10 != 0) {
                assertTrue(rising.remove(prefix(i), i));
            }
        }
        int left = (int) Math.ceil(1.45 * Math.log(ranges / 10 + 2) / Math.log(2));
        assertTrue(rising.height() <= left, "height " + rising.height());
    }

    @Test
    void anElementIsInOnceUnderOneRange() {
        IntervalTree<String> tree = new IntervalTree<>();
        assertTrue(tree.add(prefix(1), "a"));
        assertEquals(false, tree.add(prefix(1), "a"));
        assertEquals(1, tree.size());
        assertEquals(false, tree.remove(prefix(2), "a"));
        assertTrue(tree.remove(prefix(1), "a"));
        assertEquals(false, tree.remove(prefix(1), "a"));
        assertEquals(0, tree.size());
    }

    private static KeyRange prefix(int i) {
        String from = "p%06d".formatted(i);
        return KeyRange.of(ByteString.copyFromUtf8(from), ByteString.copyFromUtf8(from + "~"));
    }

    private static KeyRange range(SplittableRandom random) {
        byte[] to = random.nextInt(8) == 0 ? new byte[1] : key(random);
        return KeyRange.of(ByteString.copyFrom(key(random)), ByteString.copyFrom(to));
    }

    private static byte[] key(SplittableRandom random) {
        byte[] letters = {0, 1, 'a', 'b', (byte) 0x80, (byte) 0xff};
        byte[] key = new byte[random.nextInt(1, 4)];
        for (int i = 0; i < key.length; i++) {
            key[i] = letters[random.nextInt(letters.length)];
        }
        return key;
    }
}
