"""Plant the garden, and leave some tasks and a few words over the fence."""

from typing import Any

from django.db import migrations

PLANTS = """
Yarrow|Achillea millefolium
Monkshood|Aconitum napellus
Bugle|Ajuga reptans
Hollyhock|Alcea rosea
Lady's mantle|Alchemilla mollis
Chives|Allium schoenoprasum
Ornamental onion|Allium hollandicum
Dill|Anethum graveolens
Japanese anemone|Anemone hupehensis
Angelica|Angelica archangelica
Snapdragon|Antirrhinum majus
Columbine|Aquilegia vulgaris
Thrift|Armeria maritima
Horseradish|Armoracia rusticana
Tarragon|Artemisia dracunculus
Goat's beard|Aruncus dioicus
Michaelmas daisy|Aster amellus
False goat's beard|Astilbe japonica
Masterwort|Astrantia major
Aubrieta|Aubrieta deltoidea
Daisy|Bellis perennis
Elephant's ears|Bergenia cordifolia
Borage|Borago officinalis
Siberian bugloss|Brunnera macrophylla
Butterfly bush|Buddleja davidii
Box|Buxus sempervirens
Marigold|Calendula officinalis
Heather|Calluna vulgaris
Bellflower|Campanula persicifolia
Trumpet vine|Campsis radicans
Caraway|Carum carvi
Cornflower|Centaurea cyanus
Red valerian|Centranthus ruber
Winter jasmine|Jasminum nudiflorum
Flowering quince|Chaenomeles japonica
Wallflower|Erysimum cheiri
Chicory|Cichorium intybus
Virgin's bower|Clematis vitalba
Spider flower|Cleome hassleriana
Lily of the valley|Convallaria majalis
Tickseed|Coreopsis verticillata
Coriander|Coriandrum sativum
Dogwood|Cornus alba
Hazel|Corylus avellana
Cosmos|Cosmos bipinnatus
Smoke bush|Cotinus coggygria
Hawthorn|Crataegus monogyna
Crocus|Crocus vernus
Cyclamen|Cyclamen hederifolium
Dahlia|Dahlia pinnata
Larkspur|Delphinium elatum
Sweet William|Dianthus barbatus
Bleeding heart|Lamprocapnos spectabilis
Foxglove|Digitalis purpurea
Leopard's bane|Doronicum orientale
Coneflower|Echinacea purpurea
Globe thistle|Echinops ritro
Barrenwort|Epimedium alpinum
Winter aconite|Eranthis hyemalis
Sea holly|Eryngium planum
California poppy|Eschscholzia californica
Spindle|Euonymus europaeus
Spurge|Euphorbia myrsinites
Meadowsweet|Filipendula ulmaria
Fennel|Foeniculum vulgare
Forsythia|Forsythia intermedia
Wild strawberry|Fragaria vesca
Fuchsia|Fuchsia magellanica
Snowdrop|Galanthus nivalis
Woodruff|Galium odoratum
Gentian|Gentiana acaulis
Cranesbill|Geranium sanguineum
Avens|Geum rivale
Witch hazel|Hamamelis mollis
Ivy|Hedera helix
Sunflower|Helianthus annuus
Christmas rose|Helleborus niger
Day lily|Hemerocallis fulva
Coral bells|Heuchera sanguinea
Plantain lily|Hosta sieboldiana
Hop|Humulus lupulus
Hyacinth|Hyacinthus orientalis
Hydrangea|Hydrangea macrophylla
Hyssop|Hyssopus officinalis
Candytuft|Iberis sempervirens
Elecampane|Inula helenium
Iris|Iris germanica
Red-hot poker|Kniphofia uvaria
Golden chain|Laburnum anagyroides
Sweet pea|Lathyrus odoratus
Bay|Laurus nobilis
Lavender|Lavandula angustifolia
Edelweiss|Leontopodium nivale
Snowflake|Leucojum vernum
Lovage|Levisticum officinale
Privet|Ligustrum vulgare
Madonna lily|Lilium candidum
Flax|Linum usitatissimum
Honesty|Lunaria annua
Lupin|Lupinus polyphyllus
Ragged robin|Silene flos-cuculi
Loosestrife|Lythrum salicaria
Magnolia|Magnolia stellata
Mallow|Malva sylvestris
Lemon balm|Melissa officinalis
Mint|Mentha spicata
Bee balm|Monarda didyma
Grape hyacinth|Muscari armeniacum
Forget-me-not|Myosotis sylvatica
Daffodil|Narcissus pseudonarcissus
Catmint|Nepeta faassenii
Love-in-a-mist|Nigella damascena
Basil|Ocimum basilicum
Evening primrose|Oenothera biennis
Marjoram|Origanum majorana
Peony|Paeonia officinalis
Poppy|Papaver rhoeas
Phlox|Phlox paniculata
Chinese lantern|Physalis alkekengi
Jacob's ladder|Polemonium caeruleum
Solomon's seal|Polygonatum multiflorum
Primrose|Primula vulgaris
Lungwort|Pulmonaria officinalis
Pasque flower|Pulsatilla vulgaris
Rhubarb|Rheum rhabarbarum
Dog rose|Rosa canina
Rosemary|Salvia rosmarinus
Black-eyed Susan|Rudbeckia fulgida
Sage|Salvia officinalis
Elder|Sambucus nigra
Burnet|Sanguisorba minor
Savory|Satureja hortensis
Stonecrop|Sedum acre
Goldenrod|Solidago virgaurea
Rowan|Sorbus aucuparia
Lamb's ears|Stachys byzantina
Comfrey|Symphytum officinale
Lilac|Syringa vulgaris
Tansy|Tanacetum vulgare
Meadow rue|Thalictrum aquilegiifolium
Thyme|Thymus vulgaris
Nasturtium|Tropaeolum majus
Tulip|Tulipa gesneriana
Mullein|Verbascum thapsus
Vervain|Verbena officinalis
Speedwell|Veronica chamaedrys
Periwinkle|Vinca minor
Sweet violet|Viola odorata
Pansy|Viola tricolor
Wisteria|Wisteria sinensis
"""
NOTES = ["By the wall, in the sun", "", "Cut back in March", "Leans: give it a stick", ""]
TASKS = [
    ("Sow the broad beans", 0),
    ("Clean the nesting boxes", 0),
    ("Sharpen the secateurs", 0),
    ("Prune the apple tree", 1),
    ("Turn the compost", 1),
    ("Plant the tulips", 2),
]
MESSAGES = [("ada", "Your hollyhocks are over the fence."), ("grace", "They are yours to keep.")]


def plant(apps: Any, schema_editor: Any) -> None:
    plants = [line.split("|") for line in PLANTS.strip().splitlines()]
    apps.get_model("recipes", "Plant").objects.bulk_create(
        apps.get_model("recipes", "Plant")(name=name, latin=latin, note=NOTES[place % len(NOTES)])
        for place, (name, latin) in enumerate(sorted(plants))
    )
    for title, step in TASKS:
        apps.get_model("recipes", "Task").objects.create(title=title, step=step)
    for author, text in MESSAGES:
        apps.get_model("recipes", "Message").objects.create(author=author, text=text)


class Migration(migrations.Migration):
    dependencies = [("recipes", "0001_initial")]
    operations = [migrations.RunPython(plant, migrations.RunPython.noop)]
