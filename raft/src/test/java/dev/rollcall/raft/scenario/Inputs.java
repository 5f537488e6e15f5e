package dev.rollcall.raft.scenario;

import dev.rollcall.raft.core.HardState;
import dev.rollcall.raft.core.Membership;
import dev.rollcall.raft.core.MembershipChange;
import dev.rollcall.raft.driver.LogWrite;
import dev.rollcall.raft.lab.Draws;
import dev.rollcall.raft.lab.Lab;
import dev.rollcall.raft.lab.LabMember;
import dev.rollcall.raft.sim.DurableLog;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** Commands about members: time, clients, disks, crashes. */
final class Inputs {
    private final Lab lab;
    private final Map<Long, Draws> draws;

    Inputs(Lab lab, Map<Long, Draws> draws) {
        this.lab = lab;
        this.draws = draws;
    }

    /** What is printed, null if this is no such command. */
    @Nullable
    List<String> act(Words words) {
        switch (words.name()) {
            case "tick" -> tick(words);
            case "run" -> lab.run(words.number(0, 1));
            case "elect" -> lab.elect(words.number(0));
            case "timeout" -> timeout(words);
            case "propose" -> {
                return propose(words);
            }
            case "change" -> {
                return change(words);
            }
            case "flush" -> member(words).step(() -> {});
            case "read" -> member(words).read(words.number(1));
            case "transfer" -> {
                LabMember leader = member(words);
                leader.step(() -> leader.driver().transferLeadership(words.number(1, 0)));
            }
            case "peer-gone" -> {
                LabMember told = member(words);
                told.step(() -> told.driver().peerGone(words.number(1)));
            }
            case "configure" -> configure(words);
            case "given" -> given(words);
            case "disk" -> {
                return disk(member(words), words);
            }
            case "apply" -> {
                return hold(words.word(1), member(words)::holdApply, member(words)::releaseApply);
            }
            case "truncate" -> member(words).truncate(words.number(1));
            case "snapshots" -> {
                return hold(words.word(1), member(words)::holdSnapshots, member(words)::releaseSnapshots);
            }
            case "damage-snapshot" -> member(words).corruptNextSnapshot();
            case "wipe" -> member(words).restartWiped();
            case "crash" -> each(words, LabMember::crash);
            case "restart" -> each(words, LabMember::restart);
            case "join" -> lab.join(words.number(0));
            case "pause" -> words.ids(0, everyone()).forEach(lab::pause);
            case "resume" -> words.ids(0, everyone()).forEach(lab::resume);
            default -> {
                return null;
            }
        }
        return List.of();
    }

    private void tick(Words words) {
        int times = words.number(1, 1);
        for (int i = 0; i < times; i++) {
            for (long id : words.ids(0, everyone())) {
                lab.member(id).tick(1);
            }
            lab.finishWork();
        }
    }

    /** Counts from the next wait on. */
    private void timeout(Words words) {
        Draws chance = draws.get(words.number(0));
        if (chance == null) {
            throw new IllegalArgumentException("no member " + words.word(0));
        }
        chance.drawAbove((int) words.number(1));
    }

    private List<String> propose(Words words) {
        List<String> commands = words.from(1).stream().map(EntryText::command).toList();
        return List.of(words.word(0) + " " + member(words).propose(commands.toArray(new String[0])));
    }

    private List<String> change(Words words) {
        MembershipChange change = MembershipChange.of(
                words.idSetting("add"),
                words.idSetting("learn"),
                words.idSetting("promote"),
                words.idSetting("remove"));
        return List.of(words.word(0) + " " + member(words).change(change).reason());
    }

    private void configure(Words words) {
        Membership now =
                new Membership(words.idSetting("voters"), words.idSetting("leaving"), words.idSetting("learners"));
        for (long id : words.ids(0, everyone())) {
            lab.member(id).step(() -> lab.member(id).driver().configure(now));
        }
    }

    /** The member starts with this on its disk. */
    private void given(Words words) {
        for (long id : words.ids(0, everyone())) {
            DurableLog disk = new DurableLog();
            HardState hard =
                    new HardState(words.setting("term", 0), words.setting("vote", 0), words.setting("commit", 0));
            disk.write(new LogWrite(1, hard, EntryText.log(words.setting("log", ""), 1)));
            lab.member(id).startFrom(disk);
        }
    }

    private static List<String> disk(LabMember member, Words words) {
        return switch (words.word(1)) {
            case "write" -> {
                require(member.writeNext(), "nothing to write");
                yield List.of();
            }
            case "report" -> {
                require(member.reportNext(), "nothing to report");
                yield List.of();
            }
            case "sync" -> {
                require(member.writeNext(), "nothing to write");
                require(member.reportNext(), "nothing to report");
                yield List.of();
            }
            case "repeat" -> {
                member.step(() -> member.driver().persisted(words.number(2)));
                yield List.of();
            }
            default -> hold(words.word(1), member::holdDisk, member::releaseDisk);
        };
    }

    private static List<String> hold(String word, Runnable hold, Runnable release) {
        switch (word) {
            case "hold" -> hold.run();
            case "release" -> release.run();
            default -> throw new IllegalArgumentException("neither hold nor release: " + word);
        }
        return List.of();
    }

    private void each(Words words, Consumer<LabMember> action) {
        for (long id : words.ids(0, everyone())) {
            action.accept(lab.member(id));
        }
    }

    private LabMember member(Words words) {
        return lab.member(words.number(0));
    }

    private Set<Long> everyone() {
        TreeSet<Long> ids = new TreeSet<>();
        lab.members().forEach(m -> ids.add(m.id()));
        return ids;
    }

    private static void require(boolean done, String otherwise) {
        if (!done) {
            throw new IllegalArgumentException(otherwise);
        }
    }
}
