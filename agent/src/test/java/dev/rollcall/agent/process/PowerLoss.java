package dev.rollcall.agent.process;

import dev.rollcall.agent.process.DiskTrace.Step;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.SplittableRandom;
import java.util.TreeMap;

/**
 * A disk that loses power. It is led through a recorded run, and says at any point what it may hold if the power fails there:
 * what was synced for certain; of what was not, anything between nothing and all, in any order, down to single sectors.
 *
 * <p>Of a file, {@code fsync} keeps its bytes and its length. Of a directory it keeps names; those not synced are kept or lost
 * in the order in which they changed, as every journal does.
 */
final class PowerLoss {
    private static final int SECTOR_BYTES = 512;

    /** What becomes of writes that were not synced. */
    enum Loss {
        ALL_LOST,
        NONE_LOST,
        /** Each by itself. */
        SOME_LOST,
        /** Each sector by itself. */
        SECTORS_LOST,
        /** The later ones, and sectors of the last that is not. */
        TAIL_LOST
    }

    private record Write(long order, long offset, byte[] data, boolean truncates) {}

    private record Rename(long order, String name, String to, Content content) {}

    private record Sync(long order, String name, Content content) {}

    /** A file, whatever it is called. */
    private static final class Content {
        byte[] durable = {};
        final List<Write> pending = new ArrayList<>();

        byte[] with(byte[] bytes, Write write) {
            if (write.truncates()) {
                return Arrays.copyOf(bytes, (int) write.offset());
            }
            int end = (int) write.offset() + write.data().length;
            byte[] grown = bytes.length < end ? Arrays.copyOf(bytes, Math.max(end, bytes.length)) : bytes;
            System.arraycopy(write.data(), 0, grown, (int) write.offset(), write.data().length);
            return grown;
        }

        void sync(long order) {
            Iterator<Write> writes = pending.iterator();
            while (writes.hasNext()) {
                Write write = writes.next();
                if (write.order() < order) {
                    durable = with(durable, write);
                    writes.remove();
                }
            }
        }
    }

    private final Map<String, Content> names = new TreeMap<>();
    private final Map<String, Content> durableNames = new TreeMap<>();
    private final List<Rename> pendingNames = new ArrayList<>();
    private final Map<Long, Sync> syncs = new HashMap<>();
    private long order;

    /** A disk that holds these files, for certain. */
    static PowerLoss of(Path directory) throws IOException {
        PowerLoss power = new PowerLoss();
        try (DirectoryStream<Path> files = Files.newDirectoryStream(directory, Files::isRegularFile)) {
            for (Path file : files) {
                Content content = new Content();
                content.durable = Files.readAllBytes(file);
                power.names.put(String.valueOf(file.getFileName()), content);
            }
        }
        power.durableNames.putAll(power.names);
        return power;
    }

    /** Takes the next step of the run. */
    void step(Step step) {
        order++;
        String name = step.name();
        if (name.contains("/") || name.equals("other") || name.equals("LOCK") || name.equals("ballast")) {
            return;
        }
        switch (step.kind()) {
            case CREATE -> {
                Content made = new Content();
                names.put(name, made);
                pendingNames.add(new Rename(order, name, name, made));
            }
            case WRITE -> content(name).pending.add(new Write(order, step.number(), step.data(), false));
            case TRUNCATE -> content(name).pending.add(new Write(order, step.number(), step.data(), true));
            case UNLINK -> {
                Content gone = Objects.requireNonNull(names.remove(name), name);
                pendingNames.add(new Rename(order, name, "", gone));
            }
            case RENAME -> {
                Content moved = Objects.requireNonNull(names.remove(name), name);
                String to = new String(step.data(), StandardCharsets.UTF_8);
                names.put(to, moved);
                pendingNames.add(new Rename(order, name, to, moved));
            }
            case SYNC_BEGIN ->
                syncs.put(step.number(), new Sync(order, name, name.isEmpty() ? new Content() : content(name)));
            case SYNC_END -> synced(Objects.requireNonNull(syncs.remove(step.number()), name));
            case MKDIR -> {}
            case UNKNOWN -> throw new IllegalArgumentException(name);
        }
    }

    private Content content(String name) {
        return Objects.requireNonNull(names.get(name), name);
    }

    private void synced(Sync sync) {
        if (!sync.name().isEmpty()) {
            sync.content().sync(sync.order());
            return;
        }
        while (!pendingNames.isEmpty() && pendingNames.get(0).order() < sync.order()) {
            rename(durableNames, pendingNames.remove(0));
        }
    }

    private static void rename(Map<String, Content> in, Rename rename) {
        in.remove(rename.name());
        if (!rename.to().isEmpty()) {
            in.put(rename.to(), rename.content());
        }
    }

    /** What a file holds for those who read it now, synced or not. */
    byte[] read(String name) {
        Content content = content(name);
        byte[] bytes = content.durable.clone();
        for (Write write : content.pending) {
            bytes = content.with(bytes, write);
        }
        return bytes;
    }

    /** Writes what the disk may hold into an empty directory. */
    void fail(Path directory, Loss loss, SplittableRandom random) throws IOException {
        Map<String, Content> kept = new TreeMap<>(durableNames);
        int renames = switch (loss) {
            case ALL_LOST -> 0;
            case NONE_LOST -> pendingNames.size();
            default -> random.nextInt(pendingNames.size() + 1);
        };
        pendingNames.subList(0, renames).forEach(rename -> rename(kept, rename));
        long lastKept = lastKept(random);
        for (Map.Entry<String, Content> file : kept.entrySet()) {
            Content content = file.getValue();
            byte[] bytes = content.durable.clone();
            for (Write write : content.pending) {
                boolean whole = switch (loss) {
                    case ALL_LOST, SECTORS_LOST -> false;
                    case NONE_LOST -> true;
                    case SOME_LOST -> random.nextBoolean();
                    case TAIL_LOST -> write.order() < lastKept;
                };
                boolean torn = loss == Loss.SECTORS_LOST || (loss == Loss.TAIL_LOST && write.order() == lastKept);
                if (whole) {
                    bytes = content.with(bytes, write);
                } else if (torn) {
                    bytes = torn(content, bytes, write, random);
                }
            }
            Files.write(directory.resolve(file.getKey()), bytes);
        }
    }

    private long lastKept(SplittableRandom random) {
        List<Long> orders = new ArrayList<>();
        names.values().forEach(file -> file.pending.forEach(write -> orders.add(write.order())));
        return orders.isEmpty() ? 0 : orders.get(random.nextInt(orders.size()));
    }

    /** Some sectors of a write. Sectors are those of the disk: a write may begin within one. */
    private static byte[] torn(Content content, byte[] bytes, Write write, SplittableRandom random) {
        if (write.truncates()) {
            return random.nextBoolean() ? content.with(bytes, write) : bytes;
        }
        byte[] result = bytes;
        long end = write.offset() + write.data().length;
        for (long at = write.offset(); at < end; ) {
            long next = Math.min(end, (at / SECTOR_BYTES + 1) * SECTOR_BYTES);
            if (random.nextBoolean()) {
                byte[] sector =
                        Arrays.copyOfRange(write.data(), (int) (at - write.offset()), (int) (next - write.offset()));
                result = content.with(result, new Write(0, at, sector, false));
            }
            at = next;
        }
        return result;
    }
}
