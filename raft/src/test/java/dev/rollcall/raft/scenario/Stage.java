package dev.rollcall.raft.scenario;

import dev.rollcall.raft.core.Membership;
import dev.rollcall.raft.core.Message;
import dev.rollcall.raft.core.RaftConfig;
import dev.rollcall.raft.core.RaftInvariantException;
import dev.rollcall.raft.lab.Draws;
import dev.rollcall.raft.lab.Lab;
import dev.rollcall.raft.lab.LabMember;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * Carries out the commands of one scenario. After a command that does something it prints every member whose state the
 * command has changed, and every read that it has answered; a command that looks prints what it looks at.
 */
final class Stage {
    private final Map<Long, Draws> draws = new TreeMap<>();
    private final Map<Long, String> shown = new TreeMap<>();
    private final Map<Long, String> shownMembers = new TreeMap<>();
    private final TreeSet<String> shownReads = new TreeSet<>();
    private final Map<String, List<Message>> kept = new TreeMap<>();
    private final MessageText messages = new MessageText();
    private Agreement agreement = new Agreement();
    private @Nullable Lab lab;

    /** Carries out a command and returns what it prints. */
    List<String> run(String command) {
        Words words = new Words(command);
        if (words.name().equals("cluster")) {
            raise(words);
            words.requireAllRead();
            return List.of();
        }
        List<String> view = new Views(lab(), messages).show(words);
        if (view != null) {
            words.requireAllRead();
            return view;
        }
        List<String> printed = new ArrayList<>();
        try {
            printed.addAll(act(words));
            lab().finishWork();
        } catch (RaftInvariantException e) {
            printed.add("an invariant is broken");
        }
        agreement.check(lab());
        printed.addAll(changes());
        return printed;
    }

    private List<String> act(Words words) {
        List<String> printed = new Inputs(lab(), draws).act(words);
        if (printed == null) {
            printed = new Network(lab(), messages, kept).act(words);
        }
        if (printed == null) {
            throw new IllegalArgumentException("no command " + words.name());
        }
        words.requireAllRead();
        return printed;
    }

    private void raise(Words words) {
        TreeSet<Long> voters = new TreeSet<>();
        for (String id : words.from(0)) {
            voters.add(Long.parseLong(id));
        }
        Membership membership = new Membership(voters, words.idSetting("leaving"), words.idSetting("learners"));
        lab = new Lab(membership, c -> configured(c, words), id -> draws.computeIfAbsent(id, Draws::new));
        agreement = new Agreement();
        shown.clear();
        shownMembers.clear();
        shownReads.clear();
        changes();
    }

    private static RaftConfig configured(RaftConfig c, Words words) {
        int heartbeat = (int) words.setting("heartbeat", 1);
        int election = (int) words.setting("election", 10);
        return new RaftConfig(
                c.id(),
                heartbeat,
                election,
                2 * election,
                (int) words.setting("append-bytes", c.maxAppendBytes()),
                (int) words.setting("inflight", c.maxInflightMessages()),
                words.setting("inflight-bytes", c.maxInflightBytes()),
                words.setting("uncommitted-bytes", c.maxUncommittedBytes()),
                words.setting("tail-bytes", c.maxTailBytes()),
                words.setting("apply-bytes", c.maxApplyBytes()),
                words.setting("undurable-bytes", c.maxUndurableBytes()),
                (int) words.setting("pending-reads", c.maxPendingReads()),
                c.leaseReads());
    }

    private List<String> changes() {
        List<String> lines = new ArrayList<>();
        for (LabMember member : lab().members()) {
            String status = StateText.status(member);
            if (!status.equals(shown.put(member.id(), status))) {
                lines.add(status);
            }
            if (member.isDown()) {
                continue;
            }
            String members = StateText.membership(member);
            String before = shownMembers.put(member.id(), members);
            if (before != null && !members.equals(before)) {
                lines.add(members);
            }
        }
        for (LabMember member : lab().members()) {
            member.readAnswers().forEach((id, index) -> {
                String line = member.id() + " read " + id + (index == 0 ? " failed" : " may be served at " + index);
                if (shownReads.add(line)) {
                    lines.add(line);
                }
            });
        }
        return lines;
    }

    private Lab lab() {
        if (lab == null) {
            throw new IllegalArgumentException("no cluster yet");
        }
        return lab;
    }
}
