package dev.rollcall.storage.sqlite;

import dev.rollcall.storage.apply.AlarmRow;
import dev.rollcall.storage.apply.KvRow;
import dev.rollcall.storage.apply.LeaseRow;
import dev.rollcall.storage.apply.StateMeta;
import dev.rollcall.storage.member.MemberRow;
import java.util.ArrayList;
import java.util.List;

/**
 * Checksums of the state file's rows, each over its key and all its columns: SQLite itself notices hardly any flipped bit
 * in a value, and none in a row id. And the text form of a list of URLs. Not thread-safe.
 */
final class StateRows {
    private final Checksum checksum = new Checksum();

    long crc(KvRow row) {
        return checksum.start()
                .add(row.rowId())
                .add(row.createRevision())
                .add(row.version())
                .add(row.lease())
                .add(row.tombstone() ? 1 : 0)
                .add(row.key())
                .add(row.value())
                .value();
    }

    long crc(LeaseRow row) {
        return checksum.start()
                .add(row.id())
                .add(row.ttlSeconds())
                .add(row.grantIndex())
                .value();
    }

    long crc(AlarmRow row) {
        return checksum.start().add(row.memberId()).add(row.type()).value();
    }

    long crc(MemberRow row) {
        return checksum.start()
                .add(row.id())
                .add(row.name())
                .add(row.role().code())
                .add(lines(row.peerUrls()))
                .add(lines(row.clientUrls()))
                .value();
    }

    long crc(StateMeta meta) {
        return checksum.start()
                .add(meta.applied())
                .add(meta.term())
                .add(meta.revision())
                .add(meta.compactScheduled())
                .add(meta.compactFinished())
                .value();
    }

    /** One URL a line, each with its line end. */
    static String lines(List<String> urls) {
        StringBuilder text = new StringBuilder();
        for (String url : urls) {
            text.append(url.replace("\\", "\\\\").replace("\n", "\\n")).append('\n');
        }
        return text.toString();
    }

    static List<String> urls(String lines) {
        List<String> urls = new ArrayList<>();
        StringBuilder url = new StringBuilder();
        for (int i = 0; i < lines.length(); i++) {
            char c = lines.charAt(i);
            if (c == '\n') {
                urls.add(url.toString());
                url.setLength(0);
            } else if (c == '\\' && i + 1 < lines.length()) {
                i++;
                url.append(lines.charAt(i) == 'n' ? '\n' : lines.charAt(i));
            } else {
                url.append(c);
            }
        }
        return List.copyOf(urls);
    }
}
