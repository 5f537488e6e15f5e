package dev.rollcall.raft.scenario;

import dev.rollcall.raft.lab.Lab;
import dev.rollcall.raft.lab.LabMember;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** Commands that look and change nothing. */
final class Views {
    private final Lab lab;
    private final MessageText messages;

    Views(Lab lab, MessageText messages) {
        this.lab = lab;
        this.messages = messages;
    }

    /** What is seen, null if this is no such command. */
    @Nullable
    List<String> show(Words words) {
        return switch (words.name()) {
            case "status" -> each(words, m -> List.of(StateText.status(m)));
            case "progress" -> each(words, StateText::progress);
            case "members" -> each(words, m -> List.of(StateText.membership(m)));
            case "disk-holds" -> each(words, m -> List.of(StateText.disk(m)));
            case "applied" -> each(words, m -> List.of(StateText.applied(m)));
            case "truncatable" -> each(words, m -> List.of(StateText.truncatable(m)));
            case "wire" -> wire(new MessageFilter(words.from(0)));
            default -> null;
        };
    }

    private List<String> each(Words words, Function<LabMember, List<String>> view) {
        List<Long> everyone = lab.members().stream().map(LabMember::id).toList();
        List<String> lines = new ArrayList<>();
        for (long id : words.ids(0, everyone)) {
            lines.addAll(view.apply(lab.member(id)));
        }
        return lines;
    }

    private List<String> wire(MessageFilter which) {
        List<String> lines = lab.wire().stream().filter(which).map(messages::of).toList();
        return lines.isEmpty() ? List.of("nothing") : lines;
    }
}
