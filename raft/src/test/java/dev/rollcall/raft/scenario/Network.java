package dev.rollcall.raft.scenario;

import dev.rollcall.raft.core.Message;
import dev.rollcall.raft.driver.Welcome;
import dev.rollcall.raft.lab.Lab;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/** Commands about messages on their way. */
final class Network {
    private final Lab lab;
    private final MessageText messages;
    private final Map<String, List<Message>> kept;

    /** @param kept messages held back, by the name they were given */
    Network(Lab lab, MessageText messages, Map<String, List<Message>> kept) {
        this.lab = lab;
        this.messages = messages;
        this.kept = kept;
    }

    /** What is printed, null if this is no such command. */
    @Nullable
    List<String> act(Words words) {
        switch (words.name()) {
            case "deliver" -> lab.deliver(new MessageFilter(words.from(0)));
            case "deliver-one" -> deliverOne(new MessageFilter(words.from(0)));
            case "settle" -> lab.settle();
            case "drop" -> lab.take(new MessageFilter(words.from(0)));
            case "keep" -> kept.put(words.word(0), lab.take(new MessageFilter(words.from(1))));
            case "copy" -> {
                MessageFilter which = new MessageFilter(words.from(1));
                kept.put(words.word(0), lab.wire().stream().filter(which).toList());
            }
            case "put" -> kept.getOrDefault(words.word(0), List.of()).forEach(lab::inject);
            case "reverse" -> {
                List<Message> order = new ArrayList<>(lab.intercept());
                for (int i = order.size() - 1; i >= 0; i--) {
                    lab.inject(order.get(i));
                }
            }
            case "inject" -> lab.inject(messages.parse(words.word(0), words.settings()));
            case "lose" -> lab.loseAlso(new MessageFilter(words.from(0)));
            case "isolate" -> isolate(words.ids(0, List.of()));
            case "split" -> split(words.ids(0, List.of()));
            case "heal" -> lab.heal();
            case "require-greetings" -> lab.requireGreetings();
            case "greet" -> {
                long from = words.number(0);
                long to = words.number(1);
                Welcome welcome = lab.member(to).greetedBy(lab.member(from));
                return List.of(to + " to " + from + " " + welcome.verdict());
            }
            default -> {
                return null;
            }
        }
        return List.of();
    }

    private void deliverOne(MessageFilter which) {
        Message first = lab.wire().stream().filter(which).findFirst().orElseThrow();
        lab.deliver(m -> m == first);
    }

    private void isolate(List<Long> alone) {
        Predicate<Message> cut = m -> alone.contains(m.from()) || alone.contains(m.to());
        lab.loseAlso(cut);
    }

    private void split(List<Long> side) {
        lab.loseAlso(m -> side.contains(m.from()) != side.contains(m.to()));
    }
}
