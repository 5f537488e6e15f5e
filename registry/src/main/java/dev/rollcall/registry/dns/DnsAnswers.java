package dev.rollcall.registry.dns;

import dev.rollcall.registry.model.DnsLabel;
import dev.rollcall.registry.model.Instance;
import dev.rollcall.registry.table.ServiceView;
import dev.rollcall.registry.table.TableSnapshot;
import io.netty.util.NetUtil;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * Answers questions about {@code <service>.service.rollcall.} and {@code <instance>.<service>.service.rollcall.}; the
 * ending may be left out. A service answers with its endpoints, by id, an instance whatever its status is: its name says
 * where it is, not that it wants traffic.
 */
public final class DnsAnswers {
    /** The zone that services live in. */
    public static final String ZONE = "service.rollcall.";

    /** An answer may change at any moment, so nobody is to keep it. */
    private static final int TTL_SECONDS = 0;

    private static final int PRIORITY = 0;

    private DnsAnswers() {}

    /** Answers one question. */
    public static DnsAnswer resolve(TableSnapshot snapshot, String name, RecordType type) {
        String relative = relative(name);
        String full = relative + "." + ZONE;
        String[] labels = relative.split("\\.", -1);
        for (String label : labels) {
            if (!DnsLabel.isLegal(label)) {
                return unknown(full, type);
            }
        }
        if (labels.length == 1) {
            return ofService(snapshot.service(labels[0]), full, type);
        }
        return labels.length == 2
                ? ofInstance(snapshot.service(labels[1]), labels[0], full, type)
                : unknown(full, type);
    }

    private static String relative(String name) {
        String lower = name.toLowerCase(Locale.ROOT);
        String rooted = lower.endsWith(".") ? lower : lower + ".";
        String relative = rooted.endsWith("." + ZONE) ? rooted.substring(0, rooted.length() - ZONE.length()) : rooted;
        return relative.substring(0, relative.length() - 1);
    }

    private static DnsAnswer ofService(ServiceView service, String full, RecordType type) {
        if (service.instances().isEmpty()) {
            return unknown(full, type);
        }
        List<DnsRecord> answers = new ArrayList<>();
        List<DnsRecord> additional = new ArrayList<>();
        for (Instance instance : service.endpoints()) {
            if (type == RecordType.SRV) {
                addService(answers, additional, full, instance);
            } else {
                addAddress(answers, full, instance, type);
            }
        }
        return new DnsAnswer(DnsAnswer.NOERROR, full, type, answers, additional);
    }

    private static DnsAnswer ofInstance(ServiceView service, String id, String full, RecordType type) {
        for (Instance instance : service.instances()) {
            if (instance.id().equals(id)) {
                List<DnsRecord> answers = new ArrayList<>();
                List<DnsRecord> additional = new ArrayList<>();
                if (type == RecordType.SRV) {
                    addService(answers, additional, full, instance);
                } else if (!isLiteral(instance.address())) {
                    answers.add(new DnsRecord(full, RecordType.CNAME, TTL_SECONDS, instance.address() + "."));
                } else {
                    addAddress(answers, full, instance, type);
                }
                return new DnsAnswer(DnsAnswer.NOERROR, full, type, answers, additional);
            }
        }
        return unknown(full, type);
    }

    private static void addService(
            List<DnsRecord> answers, List<DnsRecord> additional, String owner, Instance instance) {
        boolean literal = isLiteral(instance.address());
        String target = literal ? instance.id() + "." + instance.service() + "." + ZONE : instance.address() + ".";
        String data = PRIORITY + " " + instance.weight() + " " + instance.port() + " " + target;
        answers.add(new DnsRecord(owner, RecordType.SRV, TTL_SECONDS, data));
        addAddress(additional, target, instance, RecordType.A);
        addAddress(additional, target, instance, RecordType.AAAA);
    }

    private static void addAddress(List<DnsRecord> records, String owner, Instance instance, RecordType type) {
        String address = instance.address();
        boolean fits = type == RecordType.A
                ? NetUtil.isValidIpV4Address(address)
                : type == RecordType.AAAA && NetUtil.isValidIpV6Address(address);
        if (fits) {
            records.add(new DnsRecord(owner, type, TTL_SECONDS, address));
        }
    }

    private static boolean isLiteral(String address) {
        return NetUtil.isValidIpV4Address(address) || NetUtil.isValidIpV6Address(address);
    }

    private static DnsAnswer unknown(String full, RecordType type) {
        return new DnsAnswer(DnsAnswer.NXDOMAIN, full, type, List.of(), List.of());
    }
}
