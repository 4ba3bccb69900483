"""Discounts, goodwill and everything else that the shop's own rules do not foresee."""

from hitl.demo.scenarios.script import (
    Intended,
    Scenario,
    agent,
    approve,
    call,
    customer,
    edit,
    reject,
    reply,
    respond,
    tool,
)

SCENARIOS = (
    Scenario(
        name="thirty-five-percent",
        agent="wren-chat",
        intent="discount",
        workflow="sales",
        discount=35,
        talk=(
            customer("I'd take the {product} today if you give me 35 % off. The colour is last year's.", 0.2),
            agent("It is indeed last year's colour. I may offer 10 %."),
            customer("Your colleague on the phone said 35 % is no problem for discontinued colours.", 0.1),
            agent("Let me see whether that is possible for {order}."),
            customer("I have my card ready :)", 0.5),
        ),
        acts=(
            call("apply_discount", ("{third}", "EUR"), order_id="{order}", percent=35),
            reply("Deal! We have taken 35 % off your {product}. The order is ready to pay."),
        ),
        issue="Wants 35 % off a {product} in last year's colour",
        summary="Customer says a colleague promised 35 % on the phone; there is no note of it.",
        attempted=("Offered 10 %",),
        recommendation="Decide about the exception; no promise is on record",
        missing=("record of the phone call",),
        confidence=0.74,
        topics=("discount",),
        sources=("discounts",),
        intended=Intended("in_the_loop", "billing"),
        rulings=(
            edit(
                "20 % for an old colour is fine, 35 % is not.",
                "policy",
                {
                    0: {"percent": 20},
                    1: {"text": "As the colour is last year's, we can take 20 % off. The order is ready to pay."},
                },
            ),
            reject("No record of such a promise. 10 % is what service may give.", "policy"),
        ),
    ),
    Scenario(
        name="kulanz-sattel",
        agent="wren-chat",
        intent="goodwill",
        workflow="orders",
        language="de",
        amount=(55, 90),
        talk=(
            customer(
                "Der Sattel aus {order} knarzt seit der zweiten Woche. Sowas darf bei dem Preis nicht sein.", -0.4
            ),
            agent("Das klingt ärgerlich. Haben Sie die Stütze schon einmal gefettet?"),
            customer("Ja, zweimal. Es hilft nichts. Ich erwarte ein Entgegenkommen.", -0.5),
            agent("Ich kann Ihnen einen Gutschein anbieten."),
            customer("{amount_de} EUR fände ich angemessen.", -0.3),
        ),
        acts=(
            call("issue_voucher", ("{amount}", "EUR"), customer_id="{customer}", amount="{amount}"),
            reply(
                "Wir möchten, dass Sie gern fahren: Ein Gutschein über {amount_de} EUR ist auf Ihrem Konto. "
                "Die Werkstatt sieht sich den Sattel kostenlos an."
            ),
        ),
        issue="Sattel aus {order} knarzt, verlangt {amount_de} EUR Entgegenkommen",
        summary="Gutschein über der Grenze von 40 EUR; ein Fehler von uns steht nicht fest.",
        attempted=("Fetten der Stütze empfohlen",),
        recommendation="Ausnahme abwägen oder auf 40 EUR kürzen",
        confidence=0.76,
        topics=("goodwill",),
        risk_flags=("policy-exception",),
        sources=("kulanz",),
        intended=Intended("in_the_loop", "billing"),
        rulings=(
            edit(
                "Bis 40 EUR ist es Kulanz, mehr nicht.",
                "policy",
                {
                    0: {"amount": "40.00"},
                    1: {
                        "text": "Ein Gutschein über 40 EUR ist auf Ihrem Konto, und die Werkstatt sieht sich "
                        "den Sattel "
                        "kostenlos an."
                    },
                },
            ),
            approve("Ausnahme in Ordnung, treuer Kunde."),
        ),
    ),
    Scenario(
        name="return-on-day-45",
        agent="wren-orders",
        intent="return_exception",
        workflow="orders",
        channel="email",
        talk=(
            customer(
                "I know I'm late: the panniers from {order} arrived 45 days ago, but I broke my wrist and could "
                "not ride. "
                "They are unused, with the label on. Could you make an exception?",
                -0.1,
            ),
            tool("{order}: delivered 45 days ago, {product}, {price} EUR"),
            agent("I hope your wrist is better. Returns are open for 30 days, so I have to ask."),
            customer("Much better, thank you. I would be very grateful.", 0.3),
        ),
        acts=(
            call("accept_return", order_id="{order}", reason="Exception on day 45: customer was injured"),
            reply(
                "We are glad you are on the mend, {first}. We gladly make an exception: the label is in your "
                "mail, and the "
                "refund follows once the panniers are here."
            ),
        ),
        issue="Wants to return unused panniers on day 45 after an injury",
        summary="15 days past the limit, goods unused, understandable reason.",
        recommendation="Make the exception",
        confidence=0.83,
        topics=("return", "exception"),
        risk_flags=("policy-exception",),
        sources=("returns",),
        intended=Intended("in_the_loop"),
        rulings=(approve("Of course."), approve("Good tone. Exception is fine."), approve()),
        seconds_between=5400,
    ),
    Scenario(
        name="wrong-warranty-promise",
        agent="wren-orders",
        intent="warranty",
        workflow="advice",
        channel="email",
        talk=(
            customer(
                "The battery of my {product} ({order}) is three years old and holds half its charge. Is that covered?",
                -0.2,
            ),
            agent("Thank you for your mail. How many charging cycles does the display show?"),
            customer("It says 540 cycles.", 0.0),
        ),
        acts=(
            reply(
                "Good news: our five-year warranty covers your battery. Please send it to us by parcel and we "
                "will replace "
                "it free of charge."
            ),
        ),
        issue="Battery is three years old with 540 cycles; asks whether the warranty covers it",
        summary="The answer promises five years; the source says two for batteries.",
        recommendation="Answer by the warranty terms",
        confidence=0.91,
        topics=("warranty", "battery"),
        sources=("warranty", "battery"),
        intended=Intended("in_the_loop"),
        rulings=(
            edit(
                "Five years is for frames; batteries have two. And batteries never travel by parcel.",
                "wrong_fact",
                {
                    0: {
                        "text": "Thank you for the figures. Batteries are covered for two years, so yours is "
                        "out of warranty. "
                        "Our workshop can test it for free and tell you what a new one costs. Please do not send it by "
                        "parcel; bring it in when it suits you."
                    }
                },
            ),
            reject("The source says two years for batteries. Read it again.", "wrong_fact"),
        ),
        seconds_between=3600,
        weight=3,
    ),
    Scenario(
        name="teilrueckgabe-kinderanhaenger",
        agent="wren-orders",
        intent="return_exception",
        workflow="orders",
        channel="email",
        language="de",
        talk=(
            customer(
                "Hallo, der Kinderanhänger aus {order} passt leider nicht durch unsere Kellertür. Wir sind "
                "einmal damit "
                "gefahren. Geht eine Rückgabe trotzdem?",
                -0.1,
            ),
            tool("{order}: vor 12 Tagen geliefert, {price_de} EUR"),
            agent("Das ist schade! Ist er sauber und vollständig?"),
            customer("Ja, wie neu, nur die Reifen haben Straßenstaub.", 0.1),
        ),
        acts=(
            call("accept_return", order_id="{order}", reason="Einmal benutzt, passt nicht durch die Tür"),
            reply(
                "Wir nehmen den Anhänger gern zurück, auch wenn er einmal auf der Straße war. Das Etikett für die "
                "Spedition kommt per Mail."
            ),
        ),
        issue="Möchte einen einmal benutzten Kinderanhänger zurückgeben",
        summary="Innerhalb von 30 Tagen, aber benutzt: die Regel gilt für unbenutzte Ware.",
        recommendation="Ausnahme machen, Zustand ist gut",
        confidence=0.81,
        topics=("return", "exception"),
        risk_flags=("policy-exception",),
        sources=("rueckgabe",),
        intended=Intended("in_the_loop"),
        rulings=(
            approve("Passt."),
            respond("Bitte zuerst zwei Fotos vom Zustand erbitten; dann entscheide ich sofort."),
        ),
        seconds_between=5400,
    ),
)
