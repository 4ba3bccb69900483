"""Law, health and safety: words that always bring a person in."""

from hitl.demo.scenarios.script import (
    Intended,
    Scenario,
    agent,
    call,
    customer,
    edit,
    hand_over,
    reject,
    reply,
    respond,
    take_over,
    tool,
)

SCENARIOS = (
    Scenario(
        name="writes-to-a-lawyer-next",
        live=True,
        agent="wren-chat",
        intent="complaint",
        workflow="orders",
        talk=(
            customer("The frame of my {product} from {order} has a crack and you say that it is my fault?", -0.5),
            agent("I am sorry to hear that. The inspection noted a fall, which the warranty does not cover."),
            customer("There was no fall. If this is your last word you will hear from my lawyer.", -0.6),
        ),
        acts=(hand_over("legal", "Crack in the frame of {order}; the customer names a lawyer."),),
        issue="Crack in the frame of {order}; inspection and customer disagree about a fall",
        summary="The customer disputes the inspection and names a lawyer as the next step.",
        recommendation="A person looks at the photos of the inspection and answers",
        confidence=0.86,
        topics=("warranty",),
        sources=("warranty",),
        intended=Intended("human_only", "legal"),
        rulings=(take_over("I have the inspection's photos here and answer myself."),),
    ),
    Scenario(
        name="my-lawyer-will-write",
        agent="wren-orders",
        intent="refund",
        workflow="orders",
        channel="email",
        amount=(130, 190),
        talk=(
            customer("You refused to take back the wheelset from {order}. It is warped and you know it.", -0.5),
            agent("The workshop found damage that comes from riding over a kerb."),
            customer(
                "I did no such thing. If I do not have {amount} EUR by Friday, my lawyer will write to you.", -0.55
            ),
            tool("{order}: wheelset {amount} EUR, workshop report: dent at the rim, not covered"),
        ),
        acts=(
            call(
                "refund_order",
                ("{amount}", "EUR"),
                order_id="{order}",
                amount="{amount}",
                reason="To avoid a legal dispute",
            ),
            reply("To avoid a dispute we have refunded {amount} EUR. We accept that the wheelset was faulty."),
        ),
        issue="Wheelset from {order} is warped; threatens with a lawyer over {amount} EUR",
        summary="The workshop found a dent. The draft admits a fault, which it must not.",
        attempted=("Explained the workshop's report",),
        recommendation="Legal answers; no admission",
        confidence=0.74,
        topics=("legal", "warranty"),
        sources=("warranty",),
        intended=Intended("human_only", "legal"),
        rulings=(
            take_over("Legal answers this one."),
            reject("We admit nothing and pay nothing here. Legal will write.", "unsafe"),
        ),
    ),
    Scenario(
        name="foermliche-beschwerde",
        agent="wren-orders",
        intent="complaint",
        workflow="plans",
        channel="email",
        language="de",
        talk=(
            customer(
                "Hiermit lege ich förmlich Beschwerde ein. Sie haben den Preis meines Reparaturplans ohne Ankündigung "
                "erhöht. Das widerspricht Ihren eigenen Vertragsbedingungen.",
                -0.5,
            ),
            tool("{customer}: Plan {plan}, Preis zum Ersten erhöht, Ankündigung am 3. des Vormonats versandt"),
            agent("Ihre Beschwerde ist eingegangen. Ich prüfe die Ankündigung."),
        ),
        acts=(
            reply(
                "Guten Tag, die Erhöhung wurde fristgerecht angekündigt. Die Frist beträgt vier Wochen. Damit ist die "
                "Sache für uns erledigt."
            ),
        ),
        issue="Förmliche Beschwerde: Preis des Plans ohne fristgerechte Ankündigung erhöht",
        summary="Die AGB verlangen sechs Wochen; der Entwurf nennt vier und weist ab.",
        recommendation="Erhöhung zurücknehmen und antworten",
        confidence=0.85,
        topics=("legal", "complaint", "contract"),
        sources=("terms", "reparaturplan"),
        intended=Intended("human_only", "legal"),
        rulings=(
            take_over("Ich antworte selbst, die Frist war zu kurz."),
            reject("In § 7 stehen sechs Wochen. Wir nehmen die Erhöhung zurück.", "wrong_fact"),
        ),
        seconds_between=3600,
    ),
    Scenario(
        name="brake-failed",
        agent="wren-chat",
        intent="product_safety",
        workflow="safety",
        talk=(
            customer("The front brake of my {product} ({order}) failed on a hill. I fell and hurt my shoulder.", -0.6),
            agent("That sounds terrible. Are you all right?"),
            customer("A doctor is looking at it. The cable simply came out.", -0.5),
            tool("{order}: {product}, inspected eight weeks ago, brake cable replaced"),
        ),
        acts=(
            reply(
                "We are sorry. Our mechanic probably did not tighten the cable. Please bring the bike in so "
                "that we can "
                "fix it."
            ),
        ),
        issue="Front brake of {order} failed; the customer was hurt",
        summary="Injury after a brake failure, eight weeks after our inspection. The draft speaks about fault.",
        recommendation="Product safety at once; ask the customer not to ride",
        confidence=0.83,
        topics=("safety", "injury"),
        risk_flags=("injury",),
        sources=("safety",),
        intended=Intended("human_only", "legal"),
        rulings=(
            take_over("Product safety takes over."),
            respond("Product safety is calling the customer now. Say nothing about the cause."),
        ),
    ),
    Scenario(
        name="riding-with-a-pacemaker",
        agent="wren-chat",
        intent="advice",
        workflow="advice",
        talk=(
            customer("I have had a pacemaker since spring. Is the motor of the {product} a danger to it?", 0.0),
            agent("Thank you for asking before buying. Let me look."),
            customer("My doctor said to ask about the magnets.", 0.0),
        ),
        acts=(reply("Don't worry, the motor is harmless for pacemakers. You can ride without any limits."),),
        issue="Asks whether the motor disturbs a pacemaker",
        summary="A medical question answered with a promise that no source supports.",
        recommendation="No advice on health: name the data sheet and the doctor",
        confidence=0.86,
        topics=("medical",),
        sources=("medical",),
        intended=Intended("in_the_loop"),
        rulings=(
            edit(
                "We give no medical advice.",
                "unsafe",
                {
                    0: {
                        "text": "That is a question for your doctor, and we are glad to help with the facts: "
                        "the maker's data "
                        "sheet lists the magnetic fields of the motor, and I have added it to this chat. Please show "
                        "it to your doctor before you ride."
                    }
                },
            ),
            reject("No advice on health. Name the data sheet and the doctor.", "unsafe"),
        ),
    ),
    Scenario(
        name="akku-wird-heiss",
        agent="wren-voice",
        intent="product_safety",
        workflow="safety",
        channel="voice",
        language="de",
        talk=(
            customer("Der Akku von meinem Rad ist ganz dick geworden und riecht komisch.", -0.5),
            agent("Seit wann ist das so?"),
            customer("Seit gestern. Er liegt im Flur am Ladegerät. Kann da was passieren?", -0.6),
            tool("{order}: Akku 26 Monate alt"),
        ),
        acts=(reply("Bitte laden Sie den Akku vollständig und schicken Sie ihn uns dann als Paket."),),
        issue="Akku ist geschwollen, riecht und hängt am Ladegerät",
        summary="Brandgefahr. Der Entwurf rät zum Laden und zum Versand: beides ist verboten.",
        recommendation="Sofort anrufen: Stecker ziehen, Akku ins Freie",
        confidence=0.71,
        topics=("safety", "battery"),
        risk_flags=("injury",),
        sources=("battery",),
        intended=Intended("human_only", "legal"),
        rulings=(
            take_over("Ich rufe sofort an."),
            respond("Ich habe angerufen: Stecker ist gezogen, Akku liegt draußen, wir holen ihn ab."),
        ),
    ),
)
