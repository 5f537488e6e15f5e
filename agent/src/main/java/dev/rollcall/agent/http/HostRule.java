package dev.rollcall.agent.http;

import dev.rollcall.agent.config.AgentConfig;
import dev.rollcall.agent.config.HttpUrl;
import io.netty.util.NetUtil;
import io.vertx.core.Handler;
import io.vertx.core.http.HttpVersion;
import io.vertx.core.net.HostAndPort;
import io.vertx.ext.web.RoutingContext;
import java.util.HashSet;
import java.util.Locale;
import java.util.Set;

/**
 * Refuses requests that were meant for another host (421). A page in a browser can make a name of its own point here and
 * then read what it likes; it cannot choose an address or a name that this agent knows as its own. Only HTTP/1.x is looked
 * at, as browsers speak HTTP/2 over TLS alone. A request without a Host is no browser's.
 */
public final class HostRule implements Handler<RoutingContext> {
    private final Set<String> names = new HashSet<>();
    private final boolean any;

    private HostRule(boolean any) {
        this.any = any;
    }

    /** The rule of an agent: its machine's name, its advertised hosts and those of {@code --host-whitelist}. */
    public static HostRule of(AgentConfig config) {
        HostRule rule = new HostRule(config.hostWhitelist().contains("*"));
        rule.names.add("localhost");
        rule.names.add(normal(config.hostName()));
        rule.names.add(normal(config.hostName().split("\\.", 2)[0]));
        for (HttpUrl url : config.advertiseClientUrls()) {
            rule.names.add(normal(url.host()));
        }
        for (String host : config.hostWhitelist()) {
            rule.names.add(normal(host));
        }
        return rule;
    }

    @Override
    public void handle(RoutingContext context) {
        HostAndPort authority = context.request().authority();
        if (any || context.request().version() == HttpVersion.HTTP_2 || authority == null || known(authority.host())) {
            context.next();
            return;
        }
        new Problem(
                        421,
                        "this agent is not known by that name: use an address of it, or add the name with --host-whitelist")
                .send(context);
    }

    private boolean known(String host) {
        String plain = host.startsWith("[") && host.endsWith("]") ? host.substring(1, host.length() - 1) : host;
        return names.contains(normal(plain)) || NetUtil.isValidIpV4Address(plain) || NetUtil.isValidIpV6Address(plain);
    }

    private static String normal(String host) {
        String lower = host.toLowerCase(Locale.ROOT);
        return lower.endsWith(".") ? lower.substring(0, lower.length() - 1) : lower;
    }
}
