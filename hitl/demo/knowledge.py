"""The shop's help articles: what its agents cite, and what a reviewer can check them against."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Article:
    """One article as it stood when the agent read it."""

    title: str
    text: str


ARTICLES: Final[dict[str, Article]] = {
    "hours": Article(
        "Shop and workshop hours, v9",
        "Shop: Monday to Friday 10:00 to 19:00, Saturday 10:00 to 16:00. Workshop: Monday to Friday 8:00 to 17:00. "
        "Closed on Sundays and public holidays.",
    ),
    "oeffnungszeiten": Article(
        "Öffnungszeiten von Laden und Werkstatt, v9",
        "Laden: Montag bis Freitag 10 bis 19 Uhr, Samstag 10 bis 16 Uhr. Werkstatt: Montag bis Freitag 8 bis 17 Uhr. "
        "Sonn- und feiertags geschlossen.",
    ),
    "shipping": Article(
        "Shipping and delivery, v21",
        "Accessories leave the warehouse within one working day. Bicycles are assembled, checked and sent within six "
        "working days by freight; the driver calls an hour before. Parcels can be redirected until they leave.",
    ),
    "versand": Article(
        "Versand und Lieferung, v21",
        "Zubehör verlässt das Lager innerhalb eines Werktags. Räder werden montiert, geprüft und innerhalb von sechs "
        "Werktagen per Spedition geliefert; der Fahrer ruft eine Stunde vorher an.",
    ),
    "late": Article(
        "Late deliveries, v7",
        "More than five working days late: the delivery charge is paid back. More than ten: up to 15 % of the price as "
        "a voucher. A refund in money above 200 EUR is decided by a person.",
    ),
    "returns": Article(
        "Returns, v14",
        "Unused goods can be returned within 30 days of delivery. We pay for the label. The refund follows within five "
        "working days of arrival. Exceptions after day 30 are decided by a person.",
    ),
    "rueckgabe": Article(
        "Rückgabe und Widerruf, v14",
        "Unbenutzte Ware kann innerhalb von 30 Tagen nach Lieferung zurückgegeben werden. Das Etikett bezahlen wir. "
        "Über Ausnahmen nach dem 30. Tag entscheidet ein Mensch.",
    ),
    "warranty": Article(
        "Warranty, v11",
        "Frames: five years. Motors and batteries: two years, or 600 charging cycles, whichever comes first. Wearing "
        "parts such as tyres, chains and brake pads: six months.",
    ),
    "discounts": Article(
        "Discounts in service, v5",
        "Service may grant up to 10 % once per order. More than 30 % is never granted in chat. Discounts do not add up "
        "with sale prices.",
    ),
    "goodwill": Article(
        "Goodwill, v6",
        "After a mistake of ours a voucher of up to 40 EUR may be offered. Anything above, and any goodwill without a "
        "mistake of ours, is an exception.",
    ),
    "kulanz": Article(
        "Kulanz, v6",
        "Nach einem Fehler von uns darf ein Gutschein bis 40 EUR angeboten werden. Alles darüber und jede Kulanz ohne "
        "unseren Fehler ist eine Ausnahme.",
    ),
    "price": Article(
        "Price promise, v3",
        "We match a lower price of another shop for the same model and size while both are in stock. The difference is "
        "paid back within 14 days of the order.",
    ),
    "payments": Article(
        "Payments and disputes, v10",
        "A card charged twice shows two captured payments in the ledger; a reservation that falls away by "
        "itself within "
        "seven days is no double charge. Check before paying back.",
    ),
    "plans": Article(
        "Repair plans, v8",
        "Plans run month by month and end on the last day of a month. Notice until the 20th ends it the same month. "
        "A plan that ends forfeits the free yearly inspection if it was not used.",
    ),
    "reparaturplan": Article(
        "Reparaturplan, v8",
        "Pläne laufen monatlich und enden am Monatsletzten. Kündigung bis zum 20. wirkt im selben Monat. Mit dem Ende "
        "verfällt die freie Jahresinspektion, wenn sie nicht genutzt wurde.",
    ),
    "cancelling": Article(
        "Cancelling an order, v12",
        "Accessories can be cancelled until they leave. A bicycle whose assembly has begun can be cancelled, "
        "but custom "
        "parts are charged. A cancelled assembly cannot be taken up again.",
    ),
    "erasure": Article(
        "Erasing personal data, v4",
        "A request under Art. 17 GDPR is carried out within 30 days. Invoices are kept as the law demands. Open "
        "orders, "
        "running plans and unpaid invoices must be settled first. Two people check.",
    ),
    "loeschung": Article(
        "Löschung personenbezogener Daten, v4",
        "Ein Antrag nach Art. 17 DSGVO wird innerhalb von 30 Tagen ausgeführt. Rechnungen bleiben, solange das "
        "Gesetz es "
        "verlangt. Offene Bestellungen und laufende Pläne zuerst klären. Zwei Menschen prüfen.",
    ),
    "auskunft": Article(
        "Auskunft nach Art. 15 DSGVO, v4",
        "Die Auskunft geht nur an die Adresse des Kontos, nie an eine neu genannte. Frist: ein Monat.",
    ),
    "security": Article(
        "Account security, v16",
        "A second factor is removed only after a call back to the number on file or an identity check in the shop. "
        "An e-mail address and a payment target are never changed in the same contact.",
    ),
    "third-parties": Article(
        "Information about other people's orders, v3",
        "Orders, addresses and delivery times are told to the account holder alone, also within a household.",
    ),
    "bereavement": Article(
        "When a customer has died, v2",
        "A person takes these conversations. No documents are demanded in chat. Open orders are cancelled without "
        "charge, plans end at once, unused amounts are paid out to the estate.",
    ),
    "tyres": Article(
        "Which tyre fits, v5",
        "The size is printed on the side of the tyre, such as 47-622. The second number must be equal; the first may "
        "differ by 5 mm if the mudguard leaves room.",
    ),
    "inspektion": Article(
        "Inspektion, v7",
        "Die erste Inspektion nach 300 km ist kostenlos, jede weitere kostet 79 EUR. Termine gibt es online oder im "
        "Laden; ein Leihrad steht bereit.",
    ),
    "collect": Article(
        "Click and collect, v6",
        "Accessories are ready two hours after the order, bicycles on the day that the mail names. Bring the order "
        "number and an identity card. Orders wait ten days.",
    ),
    "battery": Article(
        "Batteries: use, winter, safety, v13",
        "Charge between 5 and 30 degrees. A battery that is swollen, smells or becomes hot must not be charged; "
        "place it "
        "outdoors and call us. Never send a damaged battery by parcel.",
    ),
    "akku": Article(
        "Akku im Winter, v13",
        "Bei 10 bis 20 Grad lagern, etwa halb geladen, und alle zwei Monate nachsehen. Laden zwischen 5 und 30 Grad.",
    ),
    "medical": Article(
        "Health questions, v2",
        "We give no advice on health. Questions about implants, illness or pregnancy go to a person, who names the "
        "maker's data sheet and asks the customer to speak to their doctor.",
    ),
    "safety": Article(
        "Product safety, v9",
        "A report of a failed brake, fork or frame goes to product safety at once. The customer is asked not to ride. "
        "Nobody in service speaks about cause or fault.",
    ),
    "fleet": Article(
        "Fleet customers, v8",
        "Fleet customers have a named contact. Late fleets earn a credit of 1 % of the invoice for each full week, at "
        "most 5 %. Credits are agreed by the account manager.",
    ),
    "address": Article(
        "Changing an address, v5",
        "The address of an order can be changed until it leaves the warehouse, within the same country.",
    ),
    "display": Article(
        "Display shows an error, v10",
        "E-04: contacts of the battery. Switch off, take the battery out, clean the contacts, wait a minute. "
        "E-11: torque "
        "sensor, a matter for the workshop.",
    ),
    "terms": Article(
        "Allgemeine Geschäftsbedingungen, Stand 2026-03",
        "§ 7: Preisänderungen bei laufenden Verträgen werden sechs Wochen vorher angekündigt; der Kunde kann bis zum "
        "Inkrafttreten kündigen.",
    ),
}
