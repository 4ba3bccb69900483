"""Questions that the agents answer alone: the policy lets them through, and the desk still keeps the record."""

from hitl.demo.scenarios.script import Intended, Scenario, agent, customer, reply, tool

_ALONE = Intended("out_of_the_loop")

SCENARIOS = (
    Scenario(
        name="where-is-my-order",
        agent="wren-chat",
        intent="order_status",
        workflow="orders",
        talk=(
            customer("Hi, could you tell me how far my order {order} is?", 0.1),
            agent("Of course, {first}. One moment, I am looking it up."),
            tool("{order}: {product}, paid, packed this morning, leaves on {weekday}"),
        ),
        acts=(
            reply(
                "Good news, {first}: your {product} is packed and leaves our warehouse on {weekday}. "
                "You will get the tracking number by mail that evening."
            ),
        ),
        issue="Wants to know how far order {order} is",
        summary="Order is packed and on time.",
        confidence=0.96,
        topics=("order",),
        sources=("shipping",),
        intended=_ALONE,
        weight=6,
    ),
    Scenario(
        name="wo-bleibt-die-bestellung",
        agent="wren-chat",
        intent="order_status",
        workflow="orders",
        language="de",
        talk=(
            customer("Guten Tag, ich wollte nur wissen, wie weit meine Bestellung {order} ist.", 0.0),
            agent("Guten Tag, {first}! Ich sehe kurz nach."),
            tool("{order}: {product}, bezahlt, in der Montage, Versand am {weekday}"),
        ),
        acts=(
            reply(
                "Ihr {product} ist gerade in der Montage und geht am {weekday} auf die Reise. "
                "Die Sendungsnummer kommt am selben Abend per Mail."
            ),
        ),
        issue="Fragt nach dem Stand der Bestellung {order}",
        summary="Bestellung ist in der Montage und pünktlich.",
        confidence=0.95,
        topics=("order",),
        sources=("versand",),
        intended=_ALONE,
        weight=5,
    ),
    Scenario(
        name="tracking-number",
        agent="wren-chat",
        intent="shipment_tracking",
        workflow="orders",
        talk=(
            customer("Do you have a tracking number for {order} yet?", 0.0),
            tool("{order}: handed to the carrier, number {tracking}"),
            agent("Yes, it was handed over yesterday."),
            customer("Great, could you send it to me here?", 0.4),
        ),
        acts=(reply("Here it is: {tracking}. The parcel should reach you on {weekday}."),),
        issue="Asks for the tracking number of {order}",
        confidence=0.97,
        topics=("delivery",),
        sources=("shipping",),
        intended=_ALONE,
        weight=4,
    ),
    Scenario(
        name="lieferung-samstag",
        agent="wren-chat",
        intent="shipment_tracking",
        workflow="orders",
        language="de",
        talk=(
            customer("Hallo, kommt mein Paket {order} noch diese Woche?", 0.0),
            tool("{order}: übergeben, Sendung {tracking}, Zustellung {weekday}"),
            agent("Ja, die Sendung ist unterwegs."),
            customer("Super, an welchem Tag denn?", 0.3),
        ),
        acts=(reply("Voraussichtlich am {weekday}. Ihre Sendungsnummer lautet {tracking}."),),
        issue="Fragt, an welchem Tag {order} ankommt",
        confidence=0.95,
        topics=("delivery",),
        sources=("versand",),
        intended=_ALONE,
        weight=4,
    ),
    Scenario(
        name="open-on-saturday",
        agent="wren-voice",
        intent="store_hours",
        workflow="shop",
        channel="voice",
        talk=(
            customer("Hello, are you open on Saturday afternoon?", 0.1),
            agent("Hello! Let me check the hours for you."),
            customer("And the workshop too?", 0.0),
        ),
        acts=(
            reply(
                "The shop is open on Saturday from ten to four. The workshop is closed on Saturdays; it opens again on "
                "Monday at eight."
            ),
        ),
        issue="Wants to know whether shop and workshop are open on Saturday",
        confidence=0.98,
        topics=("hours",),
        sources=("hours",),
        intended=_ALONE,
        weight=3,
    ),
    Scenario(
        name="wann-offen",
        agent="wren-voice",
        intent="store_hours",
        workflow="shop",
        channel="voice",
        language="de",
        talk=(
            customer("Guten Tag, wann macht die Werkstatt morgens auf?", 0.0),
            agent("Guten Tag! Meinen Sie einen Werktag?"),
            customer("Ja, am {weekday}. Ich möchte mein Rad vor der Arbeit abgeben.", 0.2),
        ),
        acts=(reply("Die Werkstatt öffnet montags bis freitags um 8 Uhr. Sie können ohne Termin abgeben."),),
        issue="Fragt, wann die Werkstatt öffnet",
        confidence=0.97,
        topics=("hours",),
        sources=("oeffnungszeiten",),
        intended=_ALONE,
        weight=3,
    ),
    Scenario(
        name="which-tyre-fits",
        agent="wren-chat",
        intent="faq",
        workflow="advice",
        talk=(
            customer("My tyre says 47-622. Would a 42-622 fit on the same rim?", 0.0),
            agent("Good question! Is it for the rear wheel, and do you have mudguards?"),
            customer("Rear, and yes, mudguards with plenty of room.", 0.1),
        ),
        acts=(
            reply(
                "Yes. The second number must be equal, and it is. With 42 instead of 47 the tyre is 5 mm "
                "narrower, which "
                "your mudguards will not mind."
            ),
        ),
        issue="Asks whether a 42-622 tyre fits in place of a 47-622",
        confidence=0.93,
        topics=("tyres",),
        sources=("tyres",),
        intended=_ALONE,
        weight=3,
    ),
    Scenario(
        name="erste-inspektion",
        agent="wren-chat",
        intent="faq",
        workflow="advice",
        language="de",
        talk=(
            customer("Was kostet bei Ihnen die erste Inspektion?", 0.0),
            agent("Haben Sie das Rad bei uns gekauft?"),
            customer("Ja, im Sommer, es hat jetzt 280 km.", 0.1),
            agent("Dann ist es genau die richtige Zeit."),
            customer("Bekomme ich solange ein anderes Rad?", 0.1),
        ),
        acts=(
            reply(
                "Die erste Inspektion nach 300 km ist für Sie kostenlos, und für den Tag steht ein Leihrad bereit. "
                "Einen Termin finden Sie online oder direkt im Laden."
            ),
        ),
        issue="Fragt nach Preis und Leihrad bei der ersten Inspektion",
        confidence=0.94,
        topics=("workshop",),
        sources=("inspektion",),
        intended=_ALONE,
        weight=3,
    ),
    Scenario(
        name="how-to-collect",
        agent="wren-chat",
        intent="faq",
        workflow="shop",
        talk=(
            customer("I ordered lights to pick up. What do I need to bring?", 0.1),
            agent("Nice! Just two small things."),
            customer("And how long will you keep them? I'm away until {weekday}.", 0.0),
        ),
        acts=(
            reply(
                "Please bring the order number and an identity card. We keep your lights for ten days, so after your "
                "trip is fine."
            ),
        ),
        issue="Wants to know what to bring for collecting an order",
        confidence=0.95,
        topics=("collect",),
        sources=("collect",),
        intended=_ALONE,
        weight=3,
    ),
    Scenario(
        name="akku-im-winter",
        agent="wren-chat",
        intent="faq",
        workflow="advice",
        language="de",
        talk=(
            customer("Kann der Akku im Winter im Keller bleiben?", 0.0),
            agent("Wie kalt wird es dort ungefähr?"),
            customer("So um die 12 Grad.", 0.0),
        ),
        acts=(
            reply(
                "12 Grad sind ideal. Lagern Sie den Akku etwa halb geladen und sehen Sie alle zwei Monate nach. "
                "Zum Laden sollte es mindestens 5 Grad haben."
            ),
        ),
        issue="Fragt, ob der Akku bei 12 Grad im Keller überwintern kann",
        confidence=0.92,
        topics=("battery",),
        sources=("akku",),
        intended=_ALONE,
        weight=3,
    ),
)
