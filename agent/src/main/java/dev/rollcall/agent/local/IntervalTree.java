package dev.rollcall.agent.local;

import dev.rollcall.storage.mvcc.KeyRange;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/*
 * An AVL tree ordered by where ranges begin, then by where they end. Each node knows the furthest end in its subtree (CLRS,
 * "Interval trees"), so that a search for the ranges around a key leaves out every subtree that ends before the key, and
 * every right subtree that begins behind it. A search that finds m of n ranges looks at O(m + log n) nodes or, where ranges
 * overlap badly, O(m log n). One node holds all that share a range: a thousand watchers of one prefix are one node.
 *
 * Recursion is bounded by the tree's height, at most 1.45 log2 n: 29 for a million ranges.
 */

/**
 * Elements by the key ranges they are about, found by a key. Not thread-safe.
 *
 * @param <E> elements, told apart by {@code equals}
 */
final class IntervalTree<E> {
    private static final class Node<E> {
        private final KeyRange range;
        private final Set<E> elements = new LinkedHashSet<>(2);
        private @Nullable Node<E> left;
        private @Nullable Node<E> right;
        private int height = 1;
        private byte @Nullable [] furthest;

        private Node(KeyRange range) {
            this.range = range;
            this.furthest = range.to();
        }

        /** Restores what is derived from the children. */
        private void refresh() {
            height = 1 + Math.max(height(left), height(right));
            byte[] end = range.to();
            if (left != null) {
                end = later(end, left.furthest);
            }
            if (right != null) {
                end = later(end, right.furthest);
            }
            furthest = end;
        }
    }

    private @Nullable Node<E> root;
    private int size;

    /** Elements in it. */
    int size() {
        return size;
    }

    /** Levels of nodes, one node for each distinct range. */
    int height() {
        return height(root);
    }

    /** Returns false, and does nothing, if it is in already under this range. */
    boolean add(KeyRange range, E element) {
        int before = size;
        root = added(root, range, element);
        return size != before;
    }

    /** Returns false if it was not in under this range. */
    boolean remove(KeyRange range, E element) {
        int before = size;
        root = removed(root, range, element);
        return size != before;
    }

    /** Calls back with every element whose range has this key. The tree must not be changed meanwhile. */
    void forEachAround(byte[] key, Consumer<? super E> consumer) {
        search(root, key, consumer);
    }

    /** All of them, as they are now. */
    List<E> all() {
        List<E> all = new ArrayList<>(size);
        collect(root, all);
        return all;
    }

    private void search(@Nullable Node<E> node, byte[] key, Consumer<? super E> consumer) {
        if (node == null || !endsBehind(node.furthest, key)) {
            return;
        }
        search(node.left, key, consumer);
        if (Arrays.compareUnsigned(node.range.from(), key) > 0) {
            return; // so does every range on the right
        }
        if (endsBehind(node.range.to(), key)) {
            node.elements.forEach(consumer);
        }
        search(node.right, key, consumer);
    }

    private void collect(@Nullable Node<E> node, List<E> all) {
        if (node != null) {
            collect(node.left, all);
            all.addAll(node.elements);
            collect(node.right, all);
        }
    }

    private Node<E> added(@Nullable Node<E> node, KeyRange range, E element) {
        if (node == null) {
            Node<E> leaf = new Node<>(range);
            leaf.elements.add(element);
            size++;
            return leaf;
        }
        int order = compare(range, node.range);
        if (order == 0) {
            size += node.elements.add(element) ? 1 : 0;
            return node;
        }
        if (order < 0) {
            node.left = added(node.left, range, element);
        } else {
            node.right = added(node.right, range, element);
        }
        return balanced(node);
    }

    private @Nullable Node<E> removed(@Nullable Node<E> node, KeyRange range, E element) {
        if (node == null) {
            return null;
        }
        int order = compare(range, node.range);
        if (order < 0) {
            node.left = removed(node.left, range, element);
        } else if (order > 0) {
            node.right = removed(node.right, range, element);
        } else {
            size -= node.elements.remove(element) ? 1 : 0;
            if (node.elements.isEmpty()) {
                return withoutTop(node);
            }
        }
        return balanced(node);
    }

    /** What is left of a subtree when its top node goes. */
    private @Nullable Node<E> withoutTop(Node<E> top) {
        if (top.left == null) {
            return top.right;
        }
        if (top.right == null) {
            return top.left;
        }
        Node<E> successor = first(top.right);
        successor.right = withoutFirst(top.right);
        successor.left = top.left;
        return balanced(successor);
    }

    private static <E> Node<E> first(Node<E> node) {
        Node<E> first = node;
        while (first.left != null) {
            first = first.left;
        }
        return first;
    }

    private @Nullable Node<E> withoutFirst(Node<E> node) {
        if (node.left == null) {
            return node.right;
        }
        node.left = withoutFirst(node.left);
        return balanced(node);
    }

    private static <E> Node<E> balanced(Node<E> node) {
        node.refresh();
        Node<E> left = node.left;
        Node<E> right = node.right;
        int lean = height(left) - height(right);
        if (lean > 1 && left != null) {
            if (height(left.left) < height(left.right)) {
                node.left = rotatedLeft(left);
            }
            return rotatedRight(node);
        }
        if (lean < -1 && right != null) {
            if (height(right.right) < height(right.left)) {
                node.right = rotatedRight(right);
            }
            return rotatedLeft(node);
        }
        return node;
    }

    private static <E> Node<E> rotatedRight(Node<E> node) {
        Node<E> top = present(node.left);
        node.left = top.right;
        top.right = node;
        node.refresh();
        top.refresh();
        return top;
    }

    private static <E> Node<E> rotatedLeft(Node<E> node) {
        Node<E> top = present(node.right);
        node.right = top.left;
        top.left = node;
        node.refresh();
        top.refresh();
        return top;
    }

    private static <E> Node<E> present(@Nullable Node<E> node) {
        if (node == null) {
            throw new IllegalStateException("the tree leans to a side that is empty");
        }
        return node;
    }

    private static int height(@Nullable Node<?> node) {
        return node == null ? 0 : node.height;
    }

    private static int compare(KeyRange a, KeyRange b) {
        int order = Arrays.compareUnsigned(a.from(), b.from());
        return order != 0 ? order : compareEnds(a.to(), b.to());
    }

    /** No end is later than every end. */
    private static int compareEnds(byte @Nullable [] a, byte @Nullable [] b) {
        if (a == null || b == null) {
            return (a == null ? 1 : 0) - (b == null ? 1 : 0);
        }
        return Arrays.compareUnsigned(a, b);
    }

    private static byte @Nullable [] later(byte @Nullable [] a, byte @Nullable [] b) {
        return compareEnds(a, b) >= 0 ? a : b;
    }

    private static boolean endsBehind(byte @Nullable [] end, byte[] key) {
        return end == null || Arrays.compareUnsigned(key, end) < 0;
    }
}
