"""Money that goes back to the customer."""

from hitl.demo.scenarios.script import (
    Intended,
    Scenario,
    agent,
    approve,
    ask,
    call,
    customer,
    edit,
    reject,
    reply,
    tool,
)

SCENARIOS = (
    Scenario(
        name="refund-late-delivery",
        agent="wren-chat",
        intent="refund",
        workflow="orders",
        amount=(320, 380),
        talk=(
            customer(
                "My {product} (order {order}) came more than two weeks late. I had to rent a bike to get to work.", -0.4
            ),
            agent("I am sorry about that, {first}. I see the delivery was planned for {date}."),
            tool("{order}: {product}, {price} EUR, delivered 16 days after the promised day"),
            agent("I can offer you a voucher of 10 % of the price."),
            customer(
                "A voucher doesn't pay for the rental. I paid {amount} EUR for that bike, I have the receipt.", -0.5
            ),
            agent("I understand. Let me see what I can do about the rental."),
            customer("Please do. I'd like the {amount} EUR back.", -0.4),
        ),
        acts=(
            call(
                "refund_order",
                ("{amount}", "EUR"),
                order_id="{order}",
                amount="{amount}",
                reason="Rental bike during a late delivery",
            ),
            reply(
                "We are sorry that your {product} came so late. We have refunded the {amount} EUR for the rental bike; "
                "it will be on your card within three working days."
            ),
        ),
        issue="Order {order} came 16 days late; wants {amount} EUR for a rental bike",
        summary="Delivery 16 days late by our fault. Customer turned down a 10 % voucher and has a receipt for "
        "the rental.",
        attempted=("Apologised and explained the delay", "Offered a voucher of 10 %"),
        recommendation="Exception refund: the delay was ours and the cost is documented",
        confidence=0.64,
        topics=("refund", "delivery"),
        sources=("late", "goodwill"),
        intended=Intended("in_the_loop", "billing"),
        rulings=(
            approve("Delay was ours, receipt is there."),
            edit(
                "We pay half of the rental; the rest is covered by the voucher.",
                "wrong_amount",
                {
                    0: {"amount": "{half}"},
                    1: {
                        "text": "We are sorry that your {product} came so late. We have refunded {half} EUR for "
                        "the rental "
                        "bike, and a voucher of 10 % is on your account."
                    },
                },
            ),
            ask("Has the customer sent the receipt for the rental, or only said so?"),
        ),
        answers=("The customer uploaded it during the chat: {amount} EUR, paid on {date}, issued to {name}.",),
        weight=4,
    ),
    Scenario(
        name="refund-lost-parcel",
        agent="wren-orders",
        intent="refund",
        workflow="orders",
        channel="email",
        amount=(210, 290),
        talk=(
            customer("The tracking of {order} has not moved for twelve days. I believe the parcel is lost.", -0.3),
            tool("{order}: {product}, {amount} EUR, carrier search opened, answer: not found"),
            agent("The carrier could not find the parcel. May I send it again?"),
            customer("No thank you, I have bought one elsewhere by now. Please just return the money.", -0.2),
        ),
        acts=(
            call(
                "refund_order",
                ("{amount}", "EUR"),
                order_id="{order}",
                amount="{amount}",
                reason="Parcel lost by carrier",
            ),
        ),
        issue="Parcel {order} is lost; wants the price of {amount} EUR back",
        summary="Carrier confirmed the loss. Customer does not want a second delivery.",
        attempted=("Opened a search with the carrier", "Offered to send it again"),
        recommendation="Refund in full",
        confidence=0.91,
        topics=("refund", "delivery"),
        sources=("shipping", "returns"),
        intended=Intended("in_the_loop", "billing"),
        rulings=(approve(), approve("Loss is confirmed by the carrier.")),
        seconds_between=5400,
    ),
    Scenario(
        name="refund-scratched-bell",
        agent="wren-chat",
        intent="refund",
        workflow="orders",
        amount=(12, 28),
        talk=(
            customer("The bell from {order} arrived with a scratch. It rings, but it was meant as a present.", -0.2),
            agent("What a pity. Would you like a new one or the money back?"),
            customer("The money, please, the birthday is tomorrow.", 0.0),
        ),
        acts=(
            call(
                "refund_order",
                ("{amount}", "EUR"),
                order_id="{order}",
                amount="{amount}",
                reason="Item arrived scratched",
            ),
            reply("Done: {amount} EUR are on their way back to you. Do keep the bell, and a happy birthday!"),
        ),
        issue="Bell from {order} arrived scratched; wants {amount} EUR back",
        summary="Small accessory with a cosmetic fault, needed for tomorrow.",
        attempted=("Offered a replacement",),
        recommendation="Refund and let the customer keep it",
        confidence=0.9,
        topics=("refund",),
        sources=("returns",),
        intended=Intended("in_the_loop"),
        rulings=(approve(), approve(), approve("Fine, and kindly put.")),
        weight=3,
    ),
    Scenario(
        name="refund-in-krona",
        agent="wren-orders",
        intent="refund",
        workflow="orders",
        channel="email",
        amount=(900, 1700),
        currency="ISK",
        talk=(
            customer(
                "Hello, I returned the pump from {order} three weeks ago and was charged in Icelandic krona.", -0.1
            ),
            tool("{order}: return arrived {date}, paid {amount} ISK"),
            agent("The return has arrived. The refund goes to the card that you paid with."),
            customer(
                "Good. Please make sure I get the krona I paid, not what is left after exchanging it twice.", -0.2
            ),
        ),
        acts=(
            call(
                "refund_order",
                ("{amount}", "ISK"),
                order_id="{order}",
                amount="{amount}",
                currency="ISK",
                reason="Returned pump, paid in krona",
            ),
        ),
        issue="Returned a pump and wants {amount} ISK back, in krona",
        summary="Return has arrived; the payment was in a currency for which no rate is set.",
        recommendation="Refund in the currency of the payment",
        confidence=0.87,
        topics=("refund", "currency"),
        sources=("returns", "payments"),
        intended=Intended("in_the_loop", "billing"),
        rulings=(
            approve("Amount matches the payment."),
            ask("Is this the amount that was captured, or a converted one?"),
        ),
        answers=("It is the captured amount: {amount} ISK, no conversion on our side.",),
        seconds_between=7200,
    ),
    Scenario(
        name="charged-twice",
        agent="wren-chat",
        intent="billing_dispute",
        workflow="billing",
        amount=(95, 180),
        talk=(
            customer("You charged my card twice for {order}! Both say {amount} EUR.", -0.5),
            agent("That should not happen. May I look at the payments?"),
            tool("{order}: one captured payment {amount} EUR; one reservation {amount} EUR, falls away in 5 days"),
            agent("I see one payment and one reservation. The reservation should disappear by itself."),
            customer("My bank says it's a charge. I dispute this. I want it back today.", -0.5),
        ),
        acts=(
            call(
                "refund_order",
                ("{amount}", "EUR"),
                order_id="{order}",
                amount="{amount}",
                reason="Customer disputes charge",
            ),
            reply("We have paid the second {amount} EUR back to your card. Sorry for the trouble."),
        ),
        issue="Says the card was charged twice for {order}, {amount} EUR each",
        summary="The ledger shows one payment and one reservation. The agent wants to pay back all the same.",
        attempted=("Explained the difference between payment and reservation",),
        recommendation="Check the ledger before paying: there may be nothing to pay back",
        missing=("statement of the customer's bank",),
        confidence=0.58,
        topics=("billing", "dispute"),
        sources=("payments",),
        intended=Intended("in_the_loop", "billing"),
        rulings=(
            reject(
                "There is one captured payment only; the reservation ends by itself. Say so kindly, pay nothing.",
                "wrong_fact",
            ),
            reject("No double charge in the ledger. Ask for the bank statement first.", "missing_information"),
        ),
    ),
    Scenario(
        name="refund-with-a-slip",
        agent="wren-orders",
        intent="refund",
        workflow="orders",
        channel="email",
        amount=(48, 95),
        talk=(
            customer("I sent the jacket from {order} back, it was too small. When do I get my {amount} EUR?", 0.0),
            tool("{order}: return arrived {date}, jacket {amount} EUR"),
            agent("Your return has arrived, thank you. I am preparing the refund."),
        ),
        acts=(
            call("refund_order", ("{amount}", "EUR"), order_id="{order}", amount="{tenfold}", reason="Returned jacket"),
        ),
        issue="Returned a jacket from {order}, waits for {amount} EUR",
        summary="Return arrived within the 30 days.",
        recommendation="Refund {amount} EUR",
        confidence=0.93,
        topics=("refund",),
        sources=("returns",),
        intended=Intended("in_the_loop", "billing"),
        rulings=(
            edit("A slip: the jacket cost {amount} EUR, not {tenfold}.", "wrong_amount", {0: {"amount": "{amount}"}}),
            reject("The amount is ten times what the jacket cost. Propose it again with {amount} EUR.", "wrong_amount"),
        ),
        seconds_between=3600,
    ),
    Scenario(
        name="price-promise-pounds",
        agent="wren-chat",
        intent="price_match",
        workflow="orders",
        amount=(185, 240),
        currency="GBP",
        talk=(
            customer(
                "I bought the {product} last week ({order}) and it is {amount} GBP cheaper at another shop now.", -0.2
            ),
            agent("Thank you for telling us. Is it the same model and size, and do they have it in stock?"),
            customer("Yes and yes. I can send you a picture.", 0.0),
            tool("{order}: paid in GBP, nine days ago"),
            agent("Our price promise covers fourteen days, so you are in time."),
        ),
        acts=(
            call(
                "refund_order",
                ("{amount}", "GBP"),
                order_id="{order}",
                amount="{amount}",
                currency="GBP",
                reason="Price promise, same model elsewhere",
            ),
            reply("Your picture convinced us: {amount} GBP are on their way back to your card."),
        ),
        issue="Found the {product} {amount} GBP cheaper, nine days after the order",
        summary="Within 14 days; the other shop's stock was not checked by us.",
        attempted=("Asked for model, size and stock",),
        recommendation="Pay the difference if the picture shows the same size",
        missing=("picture of the other offer",),
        confidence=0.71,
        topics=("refund", "price"),
        sources=("price",),
        intended=Intended("in_the_loop", "billing"),
        rulings=(
            ask("Does the picture show the same frame size, and the word in stock?"),
            approve("Same model, in stock, in time."),
            reject("No picture yet. Ask for it, then propose again.", "missing_information"),
        ),
        answers=(
            "The picture shows frame size M, which is the one in {order}, and a green label that says available.",
        ),
    ),
    Scenario(
        name="rueckzahlung-speditionskosten",
        agent="wren-orders",
        intent="refund",
        workflow="orders",
        channel="email",
        language="de",
        amount=(49, 79),
        talk=(
            customer(
                "Sehr geehrte Damen und Herren, mein Rad ({order}) kam acht Werktage zu spät. In Ihren "
                "Bedingungen steht, "
                "dass dann die Lieferkosten erstattet werden.",
                -0.3,
            ),
            tool("{order}: Lieferkosten {amount} EUR, acht Werktage Verspätung"),
            agent("Sie haben recht, {first}, das tut uns leid. Ich bereite die Erstattung vor."),
        ),
        acts=(
            call(
                "refund_order",
                ("{amount}", "EUR"),
                order_id="{order}",
                amount="{amount}",
                reason="Lieferkosten bei Verspätung über fünf Werktage",
            ),
            reply(
                "Guten Tag, die Lieferkosten von {amount_de} EUR sind unterwegs auf Ihr Konto. Bitte "
                "entschuldigen Sie die "
                "Verspätung.\n\nIhr Wrenfold-Team"
            ),
        ),
        issue="Rad {order} kam acht Werktage zu spät, möchte {amount_de} EUR Lieferkosten zurück",
        summary="Anspruch nach den Lieferbedingungen besteht.",
        recommendation="Erstatten",
        confidence=0.92,
        topics=("refund", "delivery"),
        sources=("versand", "late"),
        intended=Intended("in_the_loop"),
        rulings=(approve(), approve("Steht so in den Bedingungen.")),
        seconds_between=5400,
        weight=3,
    ),
)
